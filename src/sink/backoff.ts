// How long to leave alone what has failed, the longer the oftener.

/** Doublings beyond this make no difference, and keep the number finite. */
const DOUBLINGS_MAX = 30;

/** `first` for the first failure, twice that for the next, and so on up to `most`. */
export const backoffMs = (failures: number, first: number, most: number): number =>
  Math.min(most, first * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));
