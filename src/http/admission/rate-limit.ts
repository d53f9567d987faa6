// How many requests a caller may send in a minute. A minute begins with the caller's first request and ends all at once.
// Everything is counted in this process: no other one can make every call fail.
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { RATE_CALLERS_MAX, RATE_WINDOW_SECONDS } from './limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';

/** How a caller stands after a request, in the words of draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4. */
export interface Standing {
  /** An item of `RateLimit-Policy`: what may be asked, and in how many seconds. */
  readonly policy: string;
  /** An item of `RateLimit`: what is left of it, and for how many seconds. */
  readonly left: string;
  /** Where the request is one too many. */
  readonly refusal: Refusal | null;
}

/** The unit that a limit counts: client addresses, or applications of a zone. */
type CountedBy = 'address' | 'application';

interface Counting {
  readonly callersMax?: number;
  readonly countedBy?: CountedBy;
}

export class RateLimit {
  readonly countedBy: CountedBy;
  readonly #name: string;
  readonly #perMinute: number;
  readonly #callersMax: number;
  readonly #counts: RateLimiterMemory;
  /** In the order in which their minutes began; some are over. */
  readonly #callers = new Set<string>();
  /** Walks behind those who begin: a set that is asked for its first anew looks at every place that has become empty. */
  readonly #oldest = this.#callers.values();

  /** `name` is what callers see of it. */
  constructor(
    name: string,
    perMinute: number,
    { callersMax = RATE_CALLERS_MAX, countedBy = 'address' }: Counting = {},
  ) {
    this.#name = name;
    this.#perMinute = perMinute;
    this.#callersMax = callersMax;
    this.countedBy = countedBy;
    this.#counts = new RateLimiterMemory({ keyPrefix: '', points: perMinute, duration: RATE_WINDOW_SECONDS });
  }

  /** Counts one request of a caller. */
  async take(caller: string): Promise<Standing> {
    // A count over the limit is rejected with the same figures that others are resolved with.
    const count = await this.#counts.consume(caller).catch((over: RateLimiterRes) => over);
    if (count.isFirstInDuration) this.#begin(caller);
    const seconds = Math.min(Math.max(1, Math.ceil(count.msBeforeNext / 1000)), RATE_WINDOW_SECONDS);
    return {
      policy: `"${this.#name}";q=${this.#perMinute};w=${RATE_WINDOW_SECONDS}`,
      left: `"${this.#name}";r=${count.remainingPoints};t=${seconds}`,
      refusal: count.consumedPoints <= this.#perMinute ? null : this.#tooMany(seconds),
    };
  }

  /** Reduces the count of a caller by one, within the same minute. */
  async giveBack(caller: string): Promise<void> {
    await this.#counts.reward(caller);
  }

  #tooMany(retryAfterSeconds: number): Refusal {
    const details = {
      retryable: true,
      limit: this.#name,
      limit_per_minute: this.#perMinute,
      counted_by: this.countedBy,
    };
    return refuse('rate_limited', { details, retryAfterSeconds });
  }

  #begin(caller: string): void {
    this.#callers.delete(caller);
    this.#callers.add(caller);
    if (this.#callers.size <= this.#callersMax) return;
    const oldest: string = this.#oldest.next().value ?? '';
    this.#callers.delete(oldest);
    void this.#counts.delete(oldest);
  }
}
