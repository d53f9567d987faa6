// Instants, and the two interfaces through which time is read. Only the entry point reads a clock; below it an instant is an argument.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

export interface Clock {
  /** The current instant. */
  now(): Instant;
}

export interface AlarmClock extends Clock {
  /** Calls back once `instant` has come, never before; at once if it has passed. The result cancels. */
  at(instant: Instant, callback: () => void): () => void;
}

/** The wall clock, for command-line tools and tests. The coordinator uses the process clock: see `src/time/`. */
export const systemClock: Clock = { now: () => Date.now() };

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const padded = (count: number, digits: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => String(number).padStart(digits, '0'));

const TWO_DIGITS = padded(60, 2);
const THREE_DIGITS = padded(SECOND_MS, 3);

/** The last formatted date. Instants of one list are mostly of one day, and formatting the date is the slow part. */
let lastDay = { startsAt: Number.NaN, date: '' };

/** Returns an instant as ISO-8601 UTC with milliseconds. Throws a `RangeError` if it is not a valid instant. */
export const isoInstant = (at: Instant): string => {
  const startsAt = Math.floor(at / DAY_MS) * DAY_MS;
  if (startsAt !== lastDay.startsAt) lastDay = { startsAt, date: new Date(startsAt).toISOString().split('T')[0] ?? '' };
  const ms = at - startsAt;
  const hours = TWO_DIGITS[Math.floor(ms / HOUR_MS)];
  const minutes = TWO_DIGITS[Math.floor((ms % HOUR_MS) / MINUTE_MS)];
  const seconds = TWO_DIGITS[Math.floor((ms % MINUTE_MS) / SECOND_MS)];
  return `${lastDay.date}T${hours}:${minutes}:${seconds}.${THREE_DIGITS[Math.floor(ms % SECOND_MS)]}Z`;
};

/** Returns the earlier of two instants; null stands for never. */
export const earlierOf = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?Z$/;

/**
 * An instant of a request: ISO-8601 UTC with `T` and `Z` and 0 to 9 fractional digits, of which three count. Null for
 * anything else, such as an offset, a leap second or a day that its month does not have.
 */
export const parseInstant = (text: string): Instant | null => {
  const [, toTheSecond] = INSTANT.exec(text) ?? [];
  const at = toTheSecond === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) || !isoInstant(at).startsWith(toTheSecond ?? '') ? null : at;
};
