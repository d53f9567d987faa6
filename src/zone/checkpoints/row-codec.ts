// A row of the directory as bytes. Fields are in byte order of their names, so equal rows give equal bytes.
import type { DirectoryRow, DirectoryTable } from '../directory.ts';

export const encodeRow = (row: DirectoryRow<DirectoryTable>): Buffer =>
  Buffer.from(JSON.stringify(Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)))));

export const decodeRow = (bytes: Buffer): DirectoryRow<DirectoryTable> =>
  JSON.parse(bytes.toString()) as DirectoryRow<DirectoryTable>;
