// Who has been heard of, and until when each may stay silent: the leases of service sessions, and the silence after which a
// service counts as unhealthy. Both are known to memory alone. What is journaled is only that somebody was heard now and
// then, and what came of a silence; so a lease does not run while the zone cannot hear, and a zone that wakes begins to
// listen with every one of them at full length.
import type { Instant } from '../../../machines/words.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import { Deadlines, type Deadline } from './deadlines.ts';

export class Leases {
  /** In instants that exclude gaps, the spans in which no request could be received. */
  readonly #deadlines = new Deadlines();
  readonly #running = new Set<string>();
  readonly #heardAt = new Map<string, Instant>();
  /** Null while the zone does not listen. */
  #lengthMs: number | null = null;
  /** Milliseconds by which all running leases have been extended. */
  #extendedMs = 0;

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
    this.#deadlines.set({ id, seq, at: at + this.#lengthMs - this.#extendedMs });
  }

  /** Extends all running leases by a gap. */
  extend(ms: number): void {
    this.#extendedMs += ms;
  }

  /** Returns the lease, or silence, that runs out first. */
  next(): Deadline | undefined {
    const first = this.#deadlines.next();
    return first && this.#extendedMs > 0 ? { ...first, at: first.at + this.#extendedMs } : first;
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
    const at = this.#deadlines.of(id);
    return at === null ? null : at + this.#extendedMs;
  }

  forget(id: string): void {
    this.stop(id);
    this.#heardAt.delete(id);
  }
}

/** Whether a session must send heartbeats. */
export const holdsLease = ({ state, context }: Pick<SessionRecord, 'state' | 'context'>): boolean =>
  context.lifecycle === 'service' && state === 'active';
