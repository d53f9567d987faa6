// Every command and the decision that belongs to it. A command without one does not compile.
import type { Ask, Command, CommandType } from '../commands.ts';
import type { Decide, Decision, Situation } from './decision.ts';
import { decideDirectoryArchive, decideDirectoryRegister } from './directory-change.ts';
import { decideDelegate } from './edge-create.ts';
import { decideRevoke } from './edge-revoke.ts';
import { recalled } from './idempotency.ts';
import { decideCreate } from './invocation-create.ts';
import { decideCancel, decideComplete, decideInvocationStart } from './invocation-progress.ts';
import { decideRegister } from './service-register.ts';
import { decideResume, decideSuspend, decideTerminate } from './session-hold.ts';
import { decideHeartbeat, decideTakeLease } from './session-lease.ts';
import { decideStart } from './session-start.ts';

const decisions: { readonly [T in CommandType]: Decide<T> } = {
  'session.start': decideStart,
  'session.suspend': decideSuspend,
  'session.resume': decideResume,
  'session.terminate': decideTerminate,
  'session.heartbeat': decideHeartbeat,
  'session.take-lease': decideTakeLease,
  'service.register': decideRegister,
  'invocation.create': decideCreate,
  'invocation.start': decideInvocationStart,
  'invocation.cancel': decideCancel,
  'invocation.complete': decideComplete,
  'edge.create': decideDelegate,
  'edge.revoke': decideRevoke,
  'directory.register': decideDirectoryRegister,
  'directory.archive': decideDirectoryArchive,
};

export const decide = <T extends CommandType>(situation: Situation, command: Command<T>, ask: Ask): Decision => {
  const { claim, recall } = recalled(situation, ask, command);
  if (recall) return recall;
  const decision = decisions[command.type](situation, command, ask);
  return claim && 'event' in decision ? { ...decision, receipt: claim } : decision;
};
