// Queues of waiting requests, one per caller. Callers are served round robin, so that no caller waits for the backlog of
// another. The requests of a caller in flight and in its queue are bounded.
import assert from 'node:assert/strict';
import { CALLER_IN_FLIGHT_MAX, CALLER_WAITING_MAX, WAITING_MAX } from './limits.ts';

/** A limit that a request would exceed, as its refusal names it. */
export interface Exceeded {
  readonly limit: 'waiting' | 'waiting_of_caller';
  readonly most: number;
}

export interface Queued {
  /** The application or client address. */
  readonly caller: string;
}

/** The waiting requests of a caller, and the number in flight. Deleted when both are zero. */
interface CallerQueue<Request> {
  readonly name: string;
  readonly waiting: Request[];
  inFlight: number;
}

export class Line<Request extends Queued> {
  readonly #callers = new Map<string, CallerQueue<Request>>();
  /** Callers with waiting requests, in the order in which they are served. */
  readonly #order: CallerQueue<Request>[] = [];
  waiting = 0;
  inFlight = 0;

  /** Appends a request to the queue of its caller, or returns the limit that it would exceed. */
  push(request: Request): Exceeded | null {
    if (this.waiting >= WAITING_MAX) return { limit: 'waiting', most: WAITING_MAX };
    const caller = this.#callers.get(request.caller) ?? this.#begin(request.caller);
    if (caller.waiting.length >= CALLER_WAITING_MAX) return { limit: 'waiting_of_caller', most: CALLER_WAITING_MAX };
    if (caller.waiting.length === 0) this.#order.push(caller);
    caller.waiting.push(request);
    this.waiting += 1;
    return null;
  }

  /** Removes and returns the next request that may start, and counts it as in flight until `ended`; null if there is none. */
  take(mayStart: (request: Request) => boolean): Request | null {
    for (const [place, caller] of this.#order.entries()) {
      const [first] = caller.waiting;
      if (first === undefined || caller.inFlight >= CALLER_IN_FLIGHT_MAX || !mayStart(first)) continue;
      this.#removeFirst(caller, place);
      caller.inFlight += 1;
      this.inFlight += 1;
      return first;
    }
    return null;
  }

  /** Must be called once for each request that `take` returned. */
  ended({ caller: name }: Request): void {
    const caller = this.#callers.get(name);
    assert(caller, 'a request in flight has a caller');
    this.inFlight -= 1;
    caller.inFlight -= 1;
    this.#endIfIdle(caller);
  }

  /** Removes and returns the requests that have waited for too long. */
  takeLate(isLate: (request: Request) => boolean): readonly Request[] {
    const late: Request[] = [];
    for (const caller of [...this.#order]) {
      for (let first = caller.waiting[0]; first !== undefined && isLate(first); first = caller.waiting[0]) {
        late.push(first);
        this.#removeFirst(caller, this.#order.indexOf(caller));
        this.#endIfIdle(caller);
      }
    }
    return late;
  }

  #begin(name: string): CallerQueue<Request> {
    const caller = { name, waiting: [], inFlight: 0 };
    this.#callers.set(name, caller);
    return caller;
  }

  // A caller with further requests is served again after all others.
  #removeFirst(caller: CallerQueue<Request>, place: number): void {
    caller.waiting.shift();
    this.waiting -= 1;
    this.#order.splice(place, 1);
    if (caller.waiting.length > 0) this.#order.push(caller);
  }

  #endIfIdle({ name, waiting, inFlight }: CallerQueue<Request>): void {
    if (inFlight === 0 && waiting.length === 0) this.#callers.delete(name);
  }
}
