// Bounds of the check of stored data in the background.

/** Bytes that the scrub reads at a time, and how long it rests in between, milliseconds: 4 MiB a second, 330 GiB a day. */
export const SCRUB_BYTES_PER_STEP = 1024 * 1024;
export const SCRUB_STEP_MS = 250;

/** How long the scrub rests after a start, and after it has read everything, milliseconds. */
export const SCRUB_PASS_MS = 3_600_000;
