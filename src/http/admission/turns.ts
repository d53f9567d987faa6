// Divides work over turns of the event loop. One turn takes a few milliseconds of work; the rest waits for the next turn, so
// that sockets are read in between. Urgent jobs run first; starts of requests and slices of large answers alternate.
import { TURN_MS, TURN_JOBS_MAX, URGENT_JOBS_MAX } from './limits.ts';

type Job = () => void;

/** The kinds of jobs, highest precedence first. */
export type Kind = 'urgent' | 'start' | 'slice';

export class Turns {
  readonly #jobs: Readonly<Record<Kind, Job[]>> = { urgent: [], start: [], slice: [] };
  /** When the current turn began; null before its first use. */
  #startedAt: number | null = null;
  #scheduled = 0;
  #urgentInARow = 0;
  #isSliceNext = false;

  /** Runs a job at once if this turn has room for it and no other job of its kind waits; else in a later turn. */
  run(kind: Kind, job: Job): void {
    if (this.#jobs[kind].length === 0 && this.hasRoom()) job();
    else this.queue(kind, job);
  }

  /** Runs a job in a later turn. */
  queue(kind: Kind, job: Job): void {
    this.#jobs[kind].push(job);
    this.#schedule();
  }

  /** Resolves in a turn that has room for a slice of work. */
  readonly slice = (): Promise<void> => new Promise((resolve) => this.queue('slice', resolve));

  /** Returns whether this turn has done less work than a turn may do. */
  readonly hasRoom = (): boolean => {
    this.#startedAt ??= this.#begin();
    return performance.now() - this.#startedAt < TURN_MS;
  };

  // The turn ends when the event loop runs its next immediate.
  #begin(): number {
    setImmediate(() => {
      this.#startedAt = null;
    });
    return performance.now();
  }

  // Node runs microtasks after each callback: the work of a job has ended, or waits, before the next job starts.
  #schedule(): void {
    const { urgent, start, slice } = this.#jobs;
    const most = Math.min(urgent.length + start.length + slice.length, TURN_JOBS_MAX);
    for (; this.#scheduled < most; this.#scheduled += 1) setImmediate(this.#step);
  }

  readonly #step = (): void => {
    this.#scheduled -= 1;
    if (this.hasRoom()) this.#take()?.();
    if (this.#scheduled === 0) this.#schedule();
  };

  // A flood of urgent jobs must not starve the others.
  #take(): Job | undefined {
    const { urgent, start, slice } = this.#jobs;
    const isOthersTurn = this.#urgentInARow >= URGENT_JOBS_MAX && start.length + slice.length > 0;
    if (urgent.length > 0 && !isOthersTurn) {
      this.#urgentInARow += 1;
      return urgent.shift();
    }
    this.#urgentInARow = 0;
    this.#isSliceNext = !this.#isSliceNext;
    return this.#isSliceNext ? (slice.shift() ?? start.shift()) : (start.shift() ?? slice.shift());
  }
}
