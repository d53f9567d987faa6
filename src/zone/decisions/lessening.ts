// The commands that lessen authority or work. While the journal is short of space, only these are carried out. A completion is
// not one of them: it may put the work back to be tried again, and its body has the size that the worker chooses.
import type { CommandType } from '../commands.ts';
import { STOP_BODY_BYTES_MAX } from '../limits.ts';

const lessening: Readonly<Record<CommandType, boolean>> = {
  'session.start': false,
  'session.suspend': true,
  'session.resume': false,
  'session.terminate': true,
  'session.heartbeat': false,
  'session.take-lease': false,
  'service.register': false,
  'invocation.create': false,
  'invocation.start': false,
  'invocation.cancel': true,
  'invocation.complete': false,
  'edge.create': false,
  'edge.revoke': true,
  'directory.register': false,
  'directory.archive': true,
};

export const lessens = (type: CommandType): boolean => lessening[type];

/** Whether a change may use what is kept for stops: the reserve of the disk, and a part of the journal's queue. */
export const isStop = (type: CommandType, body: Buffer | null): boolean =>
  lessens(type) && (body?.length ?? 0) <= STOP_BODY_BYTES_MAX;
