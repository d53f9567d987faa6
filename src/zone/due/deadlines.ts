// What falls due in one zone, earliest first; at one instant, in the order the actors were started. Cancelling does not
// search the queue: a deadline that no longer stands is asked for (`stands`) and passed over when its turn comes, and the
// queue is rebuilt once such leftovers outnumber the rest.
import TinyQueue from 'tinyqueue';
import type { Instant } from '../../../machines/words.ts';

export interface Deadline {
  readonly at: Instant;
  readonly id: string;
  /** Sequence of the entry that started what is due: breaks ties, so that order never depends on the queue's inside. */
  readonly seq: number;
}

const LEFTOVERS_MIN = 64;

const earlier = (a: Deadline, b: Deadline) => a.at - b.at || a.seq - b.seq || (a.id < b.id ? -1 : 1);

export class Deadlines {
  #queue = new TinyQueue<Deadline>([], earlier);
  readonly #standing = new Map<string, Deadline>();

  /** Instead of whatever stood for that id. */
  set(deadline: Deadline): void {
    this.#standing.set(deadline.id, deadline);
    this.#queue.push(deadline);
    this.#sweepLeftovers();
  }

  cancel(id: string): void {
    if (this.#standing.delete(id)) this.#sweepLeftovers();
  }

  /** The instant that stands for an id; null where none does. */
  of(id: string): Instant | null {
    return this.#standing.get(id)?.at ?? null;
  }

  get count(): number {
    return this.#standing.size;
  }

  /** The earliest deadline that stands. */
  next(): Deadline | undefined {
    for (let head = this.#queue.peek(); head !== undefined; head = this.#queue.peek()) {
      if (this.#standing.get(head.id) === head) return head;
      this.#queue.pop();
    }
    return undefined;
  }

  #sweepLeftovers(): void {
    const leftovers = this.#queue.length - this.#standing.size;
    if (leftovers > LEFTOVERS_MIN && leftovers > this.#standing.size) {
      this.#queue = new TinyQueue([...this.#standing.values()], earlier);
    }
  }
}

/** Returns the earliest deadline; undefined if there is none. */
export const earliest = (deadlines: readonly (Deadline | undefined)[]): Deadline | undefined => {
  let first: Deadline | undefined;
  for (const deadline of deadlines) if (deadline && (!first || earlier(deadline, first) < 0)) first = deadline;
  return first;
};
