// Words that the machines share. An instant is always an argument: nothing in this folder reads a clock.

/** Milliseconds since the Unix epoch, UTC. */
export type Instant = number;

/** What every event carries: when it happened, and the journal sequence of the entry that caused it. */
export interface Stamp {
  readonly at: Instant;
  readonly seq: number;
}

/** What every actor of a zone remembers of the journal. */
export interface Traced {
  /** The entry that started the actor. */
  readonly startedSeq: number;
  /** The last entry that touched it. */
  readonly seq: number;
  /** How many entries have touched it, its start included: the length of its history. */
  readonly changes: number;
}

/** What an event leaves in every actor that it touches. */
export const noted = ({ changes }: Traced, { seq }: Stamp): Pick<Traced, 'seq' | 'changes'> => ({
  seq,
  changes: changes + 1,
});

/**
 * A body as a machine knows it: the entry it lies beside and its SHA-256. What is in it may be personal and never enters a
 * machine, so that it can be erased while everything else still verifies.
 */
export interface BodyRef {
  readonly seq: number;
  readonly hash: string;
}
