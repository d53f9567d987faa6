// Who has been heard of, and until when each may stay silent: the leases of service sessions, and the silence after which a
// service counts as unhealthy. Both are known to memory alone. What is journaled is only that somebody was heard now and
// then, and what came of a silence; so a lease does not run while the zone cannot hear, and a zone that wakes begins to
// listen with every one of them at full length.
import type { Instant } from '../../machines/words.ts';
import type { Deadlines } from './deadlines.ts';

export class Leases {
  readonly #deadlines: Deadlines;
  readonly #running = new Set<string>();
  readonly #heardAt = new Map<string, Instant>();
  /** Null while the zone does not listen. */
  #lengthMs: number | null = null;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  get listening(): boolean {
    return this.#lengthMs !== null;
  }

  /** How many run: a zone with any must be awake to hear. */
  get running(): number {
    return this.#running.size;
  }

  listen(lengthMs: number): void {
    this.#lengthMs = lengthMs;
  }

  /** Gives an actor the full length from `at`; `seq` is the entry that started it. */
  renew(id: string, seq: number, at: Instant): void {
    if (this.#lengthMs === null) return;
    this.#running.add(id);
    this.#deadlines.set({ id, seq, at: at + this.#lengthMs });
  }

  stop(id: string): void {
    if (this.#running.delete(id)) this.#deadlines.cancel(id);
  }

  heard(id: string, at: Instant): void {
    this.#heardAt.set(id, at);
  }

  heardAt(id: string): Instant | null {
    return this.#heardAt.get(id) ?? null;
  }

  /** The instant a lease runs out; null where none runs. */
  until(id: string): Instant | null {
    return this.#running.has(id) ? this.#deadlines.of(id) : null;
  }

  forget(id: string): void {
    this.stop(id);
    this.#heardAt.delete(id);
  }
}
