// Time as the coordinator knows it. Only the door reads a clock; below it an instant is an argument.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

export interface Clock {
  /** The current instant. May step backwards when the host's clock is set; zones clamp it to what they have seen. */
  now(): Instant;
}

export interface AlarmClock extends Clock {
  /** Calls back once `instant` has come, never before; at once if it has passed. The result cancels. */
  at(instant: Instant, callback: () => void): () => void;
}

/** How long a timer is trusted before the clock is looked at again, milliseconds: the host may sleep, or be set. */
const TIMER_MS_MAX = 1_000;

export const systemClock: AlarmClock = {
  now: () => Date.now(),
  at(instant, callback) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const leftMs = instant - Date.now();
      if (leftMs <= 0) timer = setTimeout(callback, 0);
      else timer = setTimeout(wait, Math.min(leftMs, TIMER_MS_MAX));
      timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  },
};

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
