// Bounds of the background check of stored data, each with its unit and its reason.

/** Bytes that the scrub reads at a time, and the pause between two reads, milliseconds: 4 MiB a second, 330 GiB a day. */
export const SCRUB_BYTES_PER_STEP = 1024 * 1024;
export const SCRUB_STEP_MS = 250;

/** How long the scrub pauses after a start, and after a complete pass, milliseconds: an hour leaves the disk to requests. */
export const SCRUB_PASS_MS = 3_600_000;
