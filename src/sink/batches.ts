// What was told of some entries, cut into steps that Redis carries out at once. A step may end within an entry: one that ends
// a large subtree makes more messages than Redis should take in one go.
import { SINK_BATCH_BYTES, SINK_BATCH_MESSAGES } from '../limits.ts';
import type { Announcement } from '../zone/messages/messages.ts';
import { untold, writeCursor, type Cursor } from './cursor.ts';
import { streamMessageOf, type StreamMessage } from './stream-message.ts';

export interface Batch {
  readonly messages: readonly StreamMessage[];
  /** The cursor once it is told. */
  readonly next: string;
}

/** Made one by one, as they are asked for. The last one may be without messages: entries of which there is nothing to tell. */
export function* batchesOf(
  zone: string,
  announcements: readonly Announcement[],
  cursor: Cursor,
  key: Buffer | null,
): Generator<Batch, undefined> {
  let messages: StreamMessage[] = [];
  let bytes = 0;
  for (const announcement of announcements) {
    for (const message of untold(announcement, cursor)) {
      if (messages.length === SINK_BATCH_MESSAGES || bytes >= SINK_BATCH_BYTES) {
        yield { messages, next: writeCursor(lastToldBefore(announcement, message.place)) };
        messages = [];
        bytes = 0;
      }
      const streamed = streamMessageOf(zone, announcement, message, key);
      messages.push(streamed);
      bytes += streamed.bytes;
    }
  }
  const last = announcements.at(-1);
  if (last) yield { messages, next: writeCursor({ seq: last.seq, place: null }) };
}

const lastToldBefore = ({ seq, messages }: Announcement, place: number): Cursor =>
  messages[0]?.place === place ? { seq: seq - 1, place: null } : { seq, place: place - 1 };
