// Classifies an error of the disk. LevelDB passes on the message of the system, not its error number.
import type { DiskCause } from '../journal.ts';

const FULL = /No space left on device|Disk quota exceeded|File too large|ENOSPC|EDQUOT|EFBIG/;

/** A full disk, an exhausted quota and a file at its size limit count as `disk_full`: space may become free later. */
export const causeOf = (error: unknown): DiskCause => (FULL.test(textOf(error)) ? 'disk_full' : 'disk_failed');

const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${error.cause === undefined ? '' : textOf(error.cause)}` : String(error);
