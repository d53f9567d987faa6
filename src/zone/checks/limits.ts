// Bounds of the background check of stored data, each with its unit and its reason.

/** Bytes that the scrub reads at a time, and the pause between two reads, milliseconds: 4 MiB a second, 330 GiB a day. */
export const SCRUB_BYTES_PER_STEP = 1024 * 1024;
export const SCRUB_STEP_MS = 250;

/** Entries or rows, and their bytes, that the scrub reads in one turn of the event loop: about five milliseconds of work. */
export const SCRUB_ROWS_PER_TURN = 50;
export const SCRUB_BYTES_PER_TURN = 64 * 1024;

/** How long the scrub waits after a start, milliseconds: a process that is restarted every hour has to check its store too. */
export const SCRUB_START_MS = 60_000;

/** How long the scrub pauses after a complete pass, milliseconds: an hour leaves the disk to requests. */
export const SCRUB_PASS_MS = 3_600_000;
