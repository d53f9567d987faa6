// The commands that lessen authority or work. While the journal is short of space, only these are carried out. A completion is
// not one of them: it may put the work back to be tried again, and its body has the size that the worker chooses.
import type { CommandType } from '../commands.ts';
import { effectOf } from '../effects.ts';
import { STOP_BODY_BYTES_MAX } from '../limits.ts';

export const lessens = (type: CommandType): boolean => effectOf(type) === 'lessens';

/** Whether a change may use what is kept for stops: the reserve of the disk, and a part of the journal's queue. */
export const isStop = (type: CommandType, body: Buffer | null): boolean =>
  lessens(type) && (body?.length ?? 0) <= STOP_BODY_BYTES_MAX;
