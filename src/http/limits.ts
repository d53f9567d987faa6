// Bounds of requests and answers that belong to no part of this folder alone, each with its unit and its reason.
import { FREE_FORM_DEPTH_MAX } from '../limits.ts';

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

/** Levels any body may nest, looked at before anything parses it: a free-form object plus the fields around it. */
export const BODY_DEPTH_MAX = FREE_FORM_DEPTH_MAX + 8;

/** Subscribers of one process. */
export const EVENT_READERS_MAX = 5_000;

/** Bytes that may wait for one subscriber; one that reads more slowly is let go and resumes from where it was. */
export const EVENT_READER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * How often a quiet stream says that it lives, and whether its bearer still counts is looked at; a reader that took nothing in
 * from one time to the next is let go; milliseconds.
 */
export const EVENT_KEEP_ALIVE_MS = 15_000;

/** Bytes of a body of `/v1/verify`, which needs no authentication: the longest token with every character escaped, and room. */
export const VERIFY_BODY_BYTES_MAX = 64 * 1024;

/** Work of one slice of a large answer, milliseconds. */
export const SLICE_MS = 1;
