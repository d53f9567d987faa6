// Words that the machines share. An instant is always an argument: nothing in this folder reads a clock.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** What every event carries: when it happened, and the journal sequence of the entry that caused it. */
export interface Stamp {
  readonly at: Instant;
  readonly seq: number;
}
