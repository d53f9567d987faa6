// Counts requests by what their bearer proves. A bearer that was proven before uses the ordinary count. Any other is counted apart
// before its signature is checked, so that bearers that prove nothing use up nothing that others need.
import type { BearerCaller, Caller } from '../../authority/caller.ts';
import { UNPROVEN_PER_MINUTE_MAX } from '../../limits.ts';
import type { Refusal } from '../../refusals.ts';
import type { RequestContext } from '../context.ts';
import { RateLimit, type Standing } from '../rate-limit.ts';

/** The counts of one kind of request. */
export interface Counts {
  readonly proven: RateLimit;
  /** By client address, of bearers whose signature was not proven before. One that turns out good is given back. */
  readonly unproven: RateLimit;
}

/** Returns null for a limit of 0, which is none. */
export const countsOf = (name: string, perMinute: number): Counts | null =>
  perMinute === 0
    ? null
    : {
        proven: new RateLimit(name, perMinute),
        unproven: new RateLimit(`${name}_unproven`, Math.min(perMinute, UNPROVEN_PER_MINUTE_MAX)),
      };

interface Counted {
  readonly context: RequestContext;
  /** The client address, as it is counted. */
  readonly address: string;
  /** The holder of the bearer, where it was proven before. */
  readonly known: Caller | null;
}

type Check = () => Promise<Caller | null>;

/** Counts a request by its bearer, which `check` proves. Returns the refusal where the request is one too many. */
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

/** Tells a caller how it stands, in headers that are lists (RFC 8941, section 3.1), and returns the refusal if there is one. */
export const announced = ({ policy, left, refusal }: Standing, context: RequestContext): Refusal | null => {
  context.append('RateLimit-Policy', policy);
  context.append('RateLimit', left);
  return refusal;
};
