// The changes of a zone that time causes: authority ends, work overruns, leases run out. Gaps come first: leases and deadlines
// do not run while the process cannot receive requests, so they are extended before any of them lapses.
import type { Instant } from '../../../machines/words.ts';
import { SLICE_DUE } from '../../limits.ts';
import type { ZoneTime } from '../../time/zone-time.ts';
import type { ZoneEvent } from '../events.ts';
import { SLICE_EXTENDED } from '../limits.ts';
import type { Due, ZoneMemory } from '../memory.ts';

/** The result of advancing a zone: everything due is journaled, more is due, or the journal has no room now. */
export type Advance = 'done' | 'more' | 'full';

export interface LapsingParts {
  readonly memory: ZoneMemory;
  readonly time: ZoneTime;
  readonly leaseMs: number;
  /** Writes an entry; returns false if the journal has no room for it now. */
  readonly happens: (event: ZoneEvent, at: Instant) => boolean;
}

export class Lapsing {
  readonly #parts: LapsingParts;
  /** How many gaps of this process the zone has been given. */
  #given: number;

  constructor(parts: LapsingParts) {
    this.#parts = parts;
    this.#given = parts.time.gapsAt(parts.memory.at);
  }

  /**
   * Journals all changes due by `now`, each at its own instant; the first call after a wake then starts the leases. Many due
   * changes take several calls: after `more`, let the event loop turn; after `full`, wait for room in the journal.
   */
  advance(now: Instant): Advance {
    const { memory } = this.#parts;
    if (this.#isOwed()) {
      const ends = this.#fire(now, () => memory.nextEnd());
      const extended = ends === 'done' ? this.#extend(now) : ends;
      if (extended !== 'done') return extended;
    }
    const due = this.#fire(now, () => memory.nextDue());
    return due === 'done' ? this.#listen(now) : due;
  }

  /** For a read-only zone: no lease runs, and deadlines of work wait for an extension that cannot be written yet. */
  advanceReadOnly(now: Instant): Advance {
    const { memory } = this.#parts;
    return this.#fire(now, () => (this.#isOwed() ? memory.nextEnd() : memory.nextDue()));
  }

  #isOwed(): boolean {
    return this.#parts.time.gaps > this.#given;
  }

  #fire(now: Instant, next: () => Due | undefined): Advance {
    const { memory, happens } = this.#parts;
    for (let fired = 0; ; fired += 1) {
      const due = next();
      if (!due || due.at > now) return 'done';
      if (fired === SLICE_DUE) return 'more';
      // A directory row that is registered after its end lapses at its registration, not before its sessions began.
      if (!happens(due.event, Math.max(due.at, memory.at))) return 'full';
      // The next part of an extension is as much work as one turn may do.
      if (due.event.type === 'work.extended') return 'more';
    }
  }

  #extend(now: Instant): Advance {
    const { memory, time, happens } = this.#parts;
    const byMs = time.gapsMsSince(this.#given);
    if (byMs > 0 && memory.hasWork) {
      const event = { type: 'work.extended', v: 1, byMs, after: '', most: SLICE_EXTENDED } as const;
      if (!happens(event, Math.max(now, memory.at))) return 'full';
    }
    this.#given = time.gaps;
    return memory.underway === null ? 'done' : 'more';
  }

  // A lease does not run while no heartbeat can be received: it restarts when the zone wakes, which is journaled.
  #listen(now: Instant): Advance {
    const { memory, leaseMs, happens } = this.#parts;
    if (memory.leases.listening) return 'done';
    const at = Math.max(now, memory.at);
    if (memory.isListenedTo() && !happens({ type: 'leases.renewed', v: 1 }, at)) return 'full';
    memory.listen(at, leaseMs);
    return 'done';
  }
}
