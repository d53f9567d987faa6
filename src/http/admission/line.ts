// Queues of waiting requests, one per caller. Callers are served round robin, so that no caller waits for the backlog of
// another. The requests of a caller in flight and in its queue are bounded.
import { CALLER_IN_FLIGHT_MAX, CALLER_WAITING_MAX, WAITING_MAX } from '../../limits.ts';

/** A limit that a request would exceed, as its refusal names it. */
export interface Exceeded {
  readonly limit: 'waiting' | 'waiting_of_caller';
  readonly most: number;
}

export interface Queued {
  /** The application or client address. */
  readonly caller: string;
}

export class Line<Request extends Queued> {
  /** Queues by caller, in the order in which the callers are served next. */
  readonly #waiting = new Map<string, Request[]>();
  readonly #inFlight = new Map<string, number>();
  waiting = 0;
  inFlight = 0;

  /** Appends a request to the queue of its caller, or returns the limit that it would exceed. */
  push(request: Request): Exceeded | null {
    if (this.waiting >= WAITING_MAX) return { limit: 'waiting', most: WAITING_MAX };
    const own = this.#waiting.get(request.caller);
    if (own && own.length >= CALLER_WAITING_MAX) return { limit: 'waiting_of_caller', most: CALLER_WAITING_MAX };
    if (own) own.push(request);
    else this.#waiting.set(request.caller, [request]);
    this.waiting += 1;
    return null;
  }

  /** Removes and returns the next request that may start, and counts it as in flight until `ended`; null if there is none. */
  take(mayStart: (request: Request) => boolean): Request | null {
    for (const [caller, requests] of this.#waiting) {
      const [first] = requests;
      if (first === undefined || this.#inFlightOf(caller) >= CALLER_IN_FLIGHT_MAX || !mayStart(first)) continue;
      this.#removeFirst(caller, requests);
      this.#inFlight.set(caller, this.#inFlightOf(caller) + 1);
      this.inFlight += 1;
      return first;
    }
    return null;
  }

  ended({ caller }: Request): void {
    this.inFlight -= 1;
    const left = this.#inFlightOf(caller) - 1;
    if (left === 0) this.#inFlight.delete(caller);
    else this.#inFlight.set(caller, left);
  }

  /** Removes and returns the requests that have waited for too long. */
  takeLate(isLate: (request: Request) => boolean): readonly Request[] {
    const late: Request[] = [];
    for (const [caller, requests] of [...this.#waiting]) {
      for (let first = requests[0]; first !== undefined && isLate(first); first = requests[0]) {
        late.push(first);
        this.#removeFirst(caller, requests);
      }
    }
    return late;
  }

  #inFlightOf(caller: string): number {
    return this.#inFlight.get(caller) ?? 0;
  }

  // A caller with further requests is served again after all others.
  #removeFirst(caller: string, requests: Request[]): void {
    requests.shift();
    this.waiting -= 1;
    this.#waiting.delete(caller);
    if (requests.length > 0) this.#waiting.set(caller, requests);
  }
}
