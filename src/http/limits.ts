// Bounds of log lines about requests, and of names that answers repeat, each with its unit and its reason.

/** The interval in which refusals of one kind (code, address, caller) are sampled, milliseconds; and how many are logged. */
export const REFUSAL_SAMPLE_MS = 10_000;
export const REFUSAL_LINES_MAX = 10;

/** Kinds that are counted separately; further refusals are counted by code only. A kind costs about 300 bytes. */
export const REFUSAL_KINDS_MAX = 1_000;

/** Unknown names of a request that an answer repeats, and characters of each. */
export const IGNORED_NAMES_MAX = 20;
export const IGNORED_NAME_LENGTH_MAX = 64;
