// Limits of the process clock, each with its unit and its reason.

/** A difference between wall clock and process time that is larger than this was a step, milliseconds. */
export const CLOCK_STEP_MS_MAX = 5_000;

/** How long the wall clock has to agree with itself after a forward step before process time follows it, milliseconds. */
export const CLOCK_BELIEVE_MS = 60_000;

/** How often wall clock and monotonic clock are compared, milliseconds. */
export const CLOCK_COMPARE_MS = 1_000;

/**
 * The most by which one comparison moves process time towards the wall clock, milliseconds: 500 parts per million, more than the
 * oscillator of any host drifts and as much as NTP itself slews.
 */
export const CLOCK_SLEW_MS = 0.5;

/** A span without a turn of the event loop is a gap if it is longer than this, milliseconds. */
export const DEAF_MS = 1_000;

/** How often the event loop records that it runs, milliseconds: the error of a measured gap. */
export const BEAT_MS = 250;

/** Margin added to a gap, milliseconds: requests that waited in sockets must first be read and authenticated. */
export const DEAF_GRACE_MS = 500;

/** Gaps whose instants are kept, for zones that slept during them; one costs about 50 bytes. */
export const GAPS_MAX = 1_000;

/** Longest sleep of a timer before it reads the clock again, milliseconds: process time may have moved. */
export const TIMER_MS_MAX = 1_000;

/** Sleeping zones whose last entry was ahead of the clock; each costs about 100 bytes. */
export const ZONES_AHEAD_MAX = 100_000;
