// How far the sink has come in a zone. Redis keeps it as text, beside the messages it belongs to: `12` for everything up to
// entry 12, `12.3` for all before entry 12 and of that the messages up to place 3, nothing for a zone not begun.
import type { Announcement } from '../zone/messages/messages.ts';

export interface Cursor {
  readonly seq: number;
  /** Null for all of the entry. */
  readonly place: number | null;
}

const CURSOR = /^(\d{1,15})(?:\.(\d{1,15}))?$/;

/** Null for what nobody here has written. */
export const readCursor = (text: string): Cursor | null => {
  if (text === '') return { seq: 0, place: null };
  const [, seq, place] = CURSOR.exec(text) ?? [];
  if (seq === undefined) return null;
  return { seq: Number(seq), place: place === undefined ? null : Number(place) };
};

export const writeCursor = ({ seq, place }: Cursor): string => (place === null ? String(seq) : `${seq}.${place}`);

/** The last entry that is told wholly. */
export const wholeUpTo = ({ seq, place }: Cursor): number => (place === null ? seq : seq - 1);

/** The messages of an announcement that are still to be told. */
export const untold = ({ seq, messages }: Announcement, cursor: Cursor): Announcement['messages'] => {
  const { place } = cursor;
  return place === null || seq !== cursor.seq ? messages : messages.filter((message) => message.place > place);
};
