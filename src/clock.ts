// Time as the coordinator knows it. Only the door reads a clock; below it an instant is an argument.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

export interface Clock {
  /** The current instant. May step backwards when the host's clock is set; zones clamp it to what they have seen. */
  now(): Instant;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ISO-8601 UTC with milliseconds, as every answer of the API shows an instant. */
export const isoInstant = (at: Instant): string => new Date(at).toISOString();
