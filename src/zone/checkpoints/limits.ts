// Bounds in bytes of the work on checkpoints.

/** Bytes encoded, decoded or folded in one turn of the event loop: about two milliseconds of work. */
export const SLICE_BYTES = 512 * 1024;

/** Bytes of changed directory rows that a fold keeps in memory between two checkpoints, and writes in one batch. */
export const FOLD_STEP_BYTES = 64 * 1024 * 1024;

/**
 * Bytes of entries, without their bodies, after which a checkpoint is made. Actors that ended stay in memory until then, in no
 * other bound: about 130 of the largest edges, or 10,000 ordinary entries.
 */
export const UNSTORED_BYTES_MAX = 8 * 1024 * 1024;

/** The shortest interval of checkpoints that are made only because of a retention, milliseconds: a retention may be shorter. */
export const STORE_AFTER_MS_MIN = 1_000;
