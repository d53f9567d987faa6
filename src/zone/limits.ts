// Bounds of the changes of a zone that time causes, each with its unit and its reason.

/** Running invocations whose deadlines one entry extends: about ten milliseconds of work. */
export const SLICE_EXTENDED = 500;

/**
 * Ended actors and receipts that one process deletes in a minute because of their age: more than can end over a long time, and
 * few enough that an operator can stop an unintended deletion.
 */
export const FORGET_RECORDS_PER_MINUTE_MAX = 30_000;

/**
 * Bytes of the body of a change that counts as a stop. A body holds a reason and what it is merged into; a larger one would use up
 * the reserve of 16 MiB in a few stops.
 */
export const STOP_BODY_BYTES_MAX = 4 * 1024;
