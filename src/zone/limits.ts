// Bounds of what a zone does by itself as time goes on, each with its unit and its reason.

/** Running invocations whose deadlines one entry extends: about ten milliseconds of work. */
export const SLICE_EXTENDED = 500;

/**
 * Ended actors and receipts that one process deletes in a minute because of their age: more than can end for long, and few enough
 * that an operator can stop a deletion that was not meant.
 */
export const FORGET_RECORDS_PER_MINUTE_MAX = 30_000;
