// The two ways a limit refuses: one that eases by itself says when to try again, one that does not says so.
import { RETRY_AFTER_MAX_SECONDS } from '../../limits.ts';
import { refuse, type RefusalCode, type Refusal } from '../../refusals.ts';
import type { Situation } from './decision.ts';

/** Room appears at the latest when the next thing falls due. */
export const eases = (
  { now, nextDueAt }: Situation,
  code: RefusalCode,
  limit: number,
  unit: Unit = 'limit',
): Refusal => {
  const seconds = Math.ceil(((nextDueAt() ?? Infinity) - now) / 1000);
  const retryAfterSeconds = Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_SECONDS);
  return refuse(code, { details: { retryable: true, [unit]: limit }, retryAfterSeconds });
};

/** What starts while the wall clock is ahead by a step that is not believed would be over as soon as it is. */
export const clockDisputed = (): Refusal =>
  refuse('clock_disputed', { details: { retryable: true }, retryAfterSeconds: RETRY_AFTER_MAX_SECONDS });

export const stays = (code: RefusalCode, limit: number, unit: Unit = 'limit'): Refusal =>
  refuse(code, { details: { retryable: false, [unit]: limit } });

/** Refuses a body whose fields are each valid, but together exceed the bytes that may be kept. */
export const tooLarge = (path: readonly string[], bytes: number, bytesMax: number): Refusal => {
  const message = `has ${bytes} bytes together with the names of the record; at most ${bytesMax} are allowed`;
  return refuse('invalid_body', { details: { issues: [{ path, message }] } });
};

/** Whether a limit counts records or bytes. */
type Unit = 'limit' | 'limit_bytes';
