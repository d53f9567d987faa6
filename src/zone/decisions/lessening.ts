// The commands that lessen authority or work. While the journal is short of space, only these are carried out.
import type { CommandType } from '../commands.ts';

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
  'invocation.complete': true,
  'edge.create': false,
  'edge.revoke': true,
  'directory.register': false,
  'directory.archive': true,
};

export const lessens = (type: CommandType): boolean => lessening[type];
