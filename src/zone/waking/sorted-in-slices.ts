// Sorts many rows without blocking the event loop: short runs are sorted in one turn each, and merged two at a time.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SLICE_SORTED } from '../../limits.ts';

type Order<Row> = (a: Row, b: Row) => number;

/** Stable: rows that compare as equal keep their order. */
export const sortedInSlices = async <Row>(rows: readonly Row[], order: Order<Row>): Promise<readonly Row[]> => {
  let runs: Row[][] = [];
  for (let from = 0; from < rows.length; from += SLICE_SORTED) {
    runs.push(rows.slice(from, from + SLICE_SORTED).toSorted(order));
    await nextTurn();
  }
  while (runs.length > 1) {
    const merged: Row[][] = [];
    for (let index = 0; index < runs.length; index += 2)
      merged.push(await mergedInSlices(runs[index] ?? [], runs[index + 1] ?? [], order));
    runs = merged;
  }
  return runs[0] ?? [];
};

const mergedInSlices = async <Row>(a: readonly Row[], b: readonly Row[], order: Order<Row>): Promise<Row[]> => {
  const merged: Row[] = [];
  let fromA = 0;
  while (merged.length < a.length + b.length) {
    const left = a[fromA];
    const right = b[merged.length - fromA];
    const takesLeft = right === undefined || (left !== undefined && order(left, right) <= 0);
    merged.push((takesLeft ? left : right) as Row);
    if (takesLeft) fromA += 1;
    if (merged.length % SLICE_SORTED === 0) await nextTurn();
  }
  return merged;
};
