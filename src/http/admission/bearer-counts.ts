// Counts requests by bearer. A bearer that was proven before uses the ordinary count. Any other bearer has a separate count,
// taken before its signature is checked, so that worthless bearers cannot use up the counts of other callers.
import type { BearerCaller, Caller } from '../../authority/caller.ts';
import { UNPROVEN_PER_MINUTE_MAX } from './limits.ts';
import type { Refusal } from '../../refusals.ts';
import type { RequestContext } from '../context.ts';
import { RateLimit, type Standing } from './rate-limit.ts';

/** The counts of one kind of request. */
export interface Counts {
  readonly proven: RateLimit;
  /** Per client address, of bearers that were not proven before. The count is reduced again when a bearer proves valid. */
  readonly unproven: RateLimit;
}

/** Returns null for a limit of 0, which means no limit. */
export const countsOf = (name: string, perMinute: number): Counts | null =>
  perMinute === 0
    ? null
    : {
        proven: new RateLimit(name, perMinute),
        unproven: new RateLimit(`${name}_unproven`, Math.min(perMinute, UNPROVEN_PER_MINUTE_MAX)),
      };

interface Counted {
  readonly context: RequestContext;
  /** The client address, or the network that is counted in its place. */
  readonly address: string;
  /** The holder of the bearer, if it was proven before. */
  readonly known: Caller | null;
}

type Check = () => Promise<Caller | null>;

/** Counts a request by its bearer, which `check` proves. Returns a refusal if the request exceeds a limit. */
export const countBearer = async (counts: Counts, counted: Counted, check: Check): Promise<Refusal | null> =>
  counted.known ? countProven(counts, counted, counted.known) : countUnproven(counts, counted, check);

const countProven = async (
  { proven }: Counts,
  { context, address }: Counted,
  caller: Caller,
): Promise<Refusal | null> => {
  const byApplication = proven.countedBy === 'application' && caller.kind === 'bearer';
  return announced(await proven.take(byApplication ? applicationKey(caller) : address), context);
};

// The count comes before the check, which bounds how many signatures are checked. A fault of the issuer is not counted.
const countUnproven = async (counts: Counts, counted: Counted, check: Check): Promise<Refusal | null> => {
  const { context, address } = counted;
  const standing = await counts.unproven.take(address);
  if (standing.refusal) return announced(standing, context);
  const giveBack = () => counts.unproven.giveBack(address);
  const caller = await check().catch(async (error: unknown) => {
    await giveBack();
    throw error;
  });
  if (caller === null) return announced(standing, context);
  await giveBack();
  return countProven(counts, counted, caller);
};

/** The key of an application of one zone. */
export const applicationKey = ({ zone, applicationId }: BearerCaller): string => JSON.stringify([zone, applicationId]);

/** Sets the rate limit headers, which are lists (RFC 8941, section 3.1), and returns the refusal if there is one. */
export const announced = ({ policy, left, refusal }: Standing, context: RequestContext): Refusal | null => {
  context.append('RateLimit-Policy', policy);
  context.append('RateLimit', left);
  return refusal;
};
