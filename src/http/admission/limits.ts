// Bounds of admission: rates, turns of the event loop, requests in flight and waiting, bytes of answers; each with its unit
// and its reason.

/** Over what requests are counted, seconds. */
export const RATE_WINDOW_SECONDS = 60;

/**
 * Callers whose requests are counted at a time, for each limit; one costs about half a KiB. Beyond that, the oldest count
 * is dropped. A sender with so many addresses is not stopped by a limit per address, and no other caller is refused for it.
 */
export const RATE_CALLERS_MAX = 20_000;

/**
 * Wrong guesses a minute at the operator token, the bearer of the metrics and tickets, per client address. Scrapers with an
 * old token stay below it. Secrets are too long to be guessed; this limit bounds the cost of guesses and their log lines.
 */
export const GUESSES_PER_MINUTE_MAX = 30;

/**
 * Requests a minute whose bearer was not proven before, per client address and kind of route. They are counted before the
 * signature check, which costs a tenth of a millisecond; the count is reduced again if the bearer proves valid.
 */
export const UNPROVEN_PER_MINUTE_MAX = 600;

/** The same for stops: higher, because a stop may be the first use of its token. */
export const UNPROVEN_STOPS_PER_MINUTE_MAX = 3_000;

/** The lowest limit of stops a minute of one application in one zone, however low the limits of other requests are. */
export const STOPS_PER_MINUTE_MIN = 6_000;

/** Work of one turn of the event loop, milliseconds: a stop that arrives meanwhile waits for this long. */
export const TURN_MS = 2;

/** Jobs of one turn at most; some take microseconds. */
export const TURN_JOBS_MAX = 64;

/** Stops and verifications after which one other job runs, so that a flood of them does not starve the others. */
export const URGENT_JOBS_MAX = 8;

/** Requests of one connection in flight: the contract's number. */
export const CONNECTION_IN_FLIGHT_MAX = 8;

/** Held pipelined requests of one connection, 3 KiB each: four reads of ordinary requests. One more ends the connection. */
export const CONNECTION_HELD_MAX = 512;

/** The same over all connections: 60 MiB. */
export const HELD_MAX = 20_000;

/** Requests in flight of one application in a zone, or of one address without a proven bearer: one batch of the journal. */
export const CALLER_IN_FLIGHT_MAX = 128;

/** Waiting requests of one of these, about 5 KiB each. One more is refused. */
export const CALLER_WAITING_MAX = 512;

/** The same over all callers: 20 MiB. */
export const WAITING_MAX = 4_096;

/** How long a request may wait before it is refused, and how often that is checked, milliseconds: clients wait for longer. */
export const WAIT_MS_MAX = 5_000;
export const WAIT_CHECK_MS = 1_000;

/** Bytes of one large answer at most: the contract's number for a page. */
export const LARGE_ANSWER_BYTES = 8 * 1024 * 1024;

/** Bytes of large answers that are being built or are unread, for the whole process: memory; half of it for one caller. */
export const LARGE_ANSWERS_BYTES_MAX = 48 * 1024 * 1024;

/** Bytes of unread answers beyond which no other answer begins: memory; half of it for one caller. */
export const ANSWER_BYTES_MAX = 96 * 1024 * 1024;
