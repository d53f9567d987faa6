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

/** ISO-8601 UTC with milliseconds, as every answer of the API shows an instant. */
export const isoInstant = (at: Instant): string => new Date(at).toISOString();

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
