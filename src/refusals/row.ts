// A row of the tables of refusals.

export interface RefusalRow {
  readonly status: number;
  /** Tells the caller what to do next. */
  readonly sentence: string;
}

export const row = (status: number, sentence: string): RefusalRow => ({ status, sentence });
