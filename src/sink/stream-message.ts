// A message as consumers of the streams read it: one field for each key of its payload, an id that stays the same when it is
// told again, the name of the occurrence, and a signature over all of it where there is a key.
import { createHmac } from 'node:crypto';
import type { Announcement, Message, Topic } from '../zone/messages/messages.ts';

export interface StreamMessage {
  readonly stream: Topic;
  /** Name, value, name, value. */
  readonly fields: readonly string[];
  /** About what it takes on the wire. */
  readonly bytes: number;
}

/** What stands around a field and a message on the wire, about. */
const OVERHEAD_BYTES = 16;

/** `key` signs; null for no signature. */
export const streamMessageOf = (
  zone: string,
  { seq, at }: Pick<Announcement, 'seq' | 'at'>,
  { topic, place, occurrence, payload }: Message,
  key: Buffer | null,
): StreamMessage => {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (value !== undefined) fields[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  // The instant tells entries apart that have the same number in a data directory and in the backup that replaced it.
  fields['outbox_id'] = `${zone}/${seq}.${place}@${at}`;
  fields['dedupe_key'] = occurrence;
  if (key) fields['_sig'] = signatureOf(topic, fields, key);
  const flat = Object.entries(fields).flat();
  return { stream: topic, fields: flat, bytes: flat.reduce((sum, text) => sum + text.length + OVERHEAD_BYTES, 0) };
};

/** HMAC-SHA256, in lower-case hex, over the stream's name and every field but `_sig`, a line each, sorted by name. */
export const signatureOf = (stream: string, fields: Readonly<Record<string, string>>, key: Buffer): string => {
  let text = `${stream}\n`;
  for (const name of Object.keys(fields).toSorted()) if (name !== '_sig') text += `${name}=${fields[name]}\n`;
  return createHmac('sha256', key).update(text).digest('hex');
};
