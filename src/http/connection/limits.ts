// Bounds of connections, each with its unit and its reason.

/** Connections open at a time; an idle one costs about 10 KiB. One more is closed unanswered. */
export const CONNECTIONS_MAX = 10_000;

/** How long idle connections stay open once the server drains, milliseconds: longer than a request takes to arrive. */
export const DRAIN_IDLE_MS = 500;

/** Bytes of the request line and the headers together: a bearer of 4 KiB, and room. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** How late a request that is late may be noticed, milliseconds. */
export const LATE_CHECK_MS_MAX = 1_000;

/** How long a refused connection is still read, so that its sender, who may still be sending, sees the answer; milliseconds. */
export const LINGER_MS = 1_000;
