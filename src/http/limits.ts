// Bounds of what is said about requests, in the log and in answers, each with its unit and its reason.

/** Over what refusals of a kind (code, address, caller) are counted for the log, milliseconds, and how many of a kind are logged. */
export const REFUSAL_SAMPLE_MS = 10_000;
export const REFUSAL_LINES_MAX = 10;

/** Kinds that are told apart; of the others only the code counts. One costs about 300 bytes. */
export const REFUSAL_KINDS_MAX = 1_000;

/** Names that an answer repeats of those that a request's route does not know, and characters of one. */
export const IGNORED_NAMES_MAX = 20;
export const IGNORED_NAME_LENGTH_MAX = 64;
