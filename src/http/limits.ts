// Bounds of log lines about requests, of names that answers repeat, and of urgent bodies, each with its unit and its reason.

/** The interval in which refusals of one kind (code, address, caller) are sampled, milliseconds; and how many are logged. */
export const REFUSAL_SAMPLE_MS = 10_000;
export const REFUSAL_LINES_MAX = 10;

/** Kinds that are counted separately; further refusals are counted by code only. A kind costs about 300 bytes. */
export const REFUSAL_KINDS_MAX = 1_000;

/** Unknown names of a request that an answer repeats, and characters of each. */
export const IGNORED_NAMES_MAX = 20;
export const IGNORED_NAME_LENGTH_MAX = 64;

/** How long the body of a verification or a stop may take to arrive, milliseconds: it is one packet or a few. */
export const URGENT_BODY_MS_MAX = 5_000;

/** Bytes of such bodies that may be on their way, over the whole process. One more gives the oldest up. */
export const URGENT_BODIES_BYTES_MAX = 32 * 1024 * 1024;
