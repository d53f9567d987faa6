// A thousand readers in a process of their own. Told by its parent which stream to read and, later, up to which event; answers
// with what all of them have counted.
import { CountingReader, total, type Count, type Stream } from '../test/world/counting-reader.ts';

export type Wish = { readonly stream: Stream; readonly readers: number } | { readonly upTo: number };

/** With how many of the streams have ended. */
export type Told = Count & { readonly over: number };

const readers: CountingReader[] = [];
const OPENED_AT_A_TIME = 50;

const open = async (stream: Stream, count: number): Promise<void> => {
  while (readers.length < count) {
    const more = Math.min(OPENED_AT_A_TIME, count - readers.length);
    readers.push(...(await Promise.all(Array.from({ length: more }, () => CountingReader.open(stream)))));
  }
};

const obey = async (wish: Wish): Promise<Told> => {
  if ('stream' in wish) await open(wish.stream, wish.readers);
  else await Promise.all(readers.filter(({ isOver }) => !isOver).map((reader) => reader.reaches(wish.upTo)));
  return { ...total(readers), over: readers.filter(({ isOver }) => isOver).length };
};

process.on('message', (wish: Wish) => void obey(wish).then((told) => process.send?.(told)));
