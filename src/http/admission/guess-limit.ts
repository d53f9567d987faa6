// Limits wrong guesses at a secret: the operator token, the bearer of the metrics, a ticket of the inspector. The secret is
// compared first and only a wrong one is counted, so other clients behind the same address cannot lock the operator out.
import type { IncomingMessage } from 'node:http';
import { GUESSES_PER_MINUTE_MAX } from './limits.ts';
import type { Refusal } from '../../refusals.ts';
import { clientKeyReader, type TrustedProxies } from '../client-address.ts';
import { RateLimit } from './rate-limit.ts';

export class GuessLimit {
  readonly #limit: RateLimit;
  readonly #clientOf: (request: IncomingMessage) => string;

  constructor(trusted: TrustedProxies, perMinute: number = GUESSES_PER_MINUTE_MAX) {
    this.#limit = new RateLimit('guesses', perMinute);
    this.#clientOf = clientKeyReader(trusted);
  }

  /** Counts a wrong guess. Returns `rate_limited` if the client's address has made too many, else the given refusal. */
  async count(request: IncomingMessage, wrong: Refusal): Promise<Refusal> {
    const { refusal } = await this.#limit.take(this.#clientOf(request));
    return refusal ?? wrong;
  }
}
