// The effect of each command and query on the work and the authority of a zone. It decides which of them a token of an inactive
// session may still use (see `decisions/caller-session.ts`). A command or query without a row does not compile.
import type { CommandType, QueryType } from './commands.ts';

/**
 * `adds` work or authority; `lessens` them; `reports` a past event; `reads`. `verifies`: the query itself answers whether the
 * session is active.
 */
type Effect = 'adds' | 'lessens' | 'reports' | 'reads' | 'verifies';

const effects = {
  'session.start': 'adds',
  'session.suspend': 'lessens',
  'session.resume': 'adds',
  'session.terminate': 'lessens',
  'session.heartbeat': 'reports',
  'session.take-lease': 'adds',
  'service.register': 'adds',
  'invocation.create': 'adds',
  'invocation.start': 'adds',
  'invocation.cancel': 'lessens',
  'invocation.complete': 'reports',
  'edge.create': 'adds',
  'edge.revoke': 'lessens',
  'directory.register': 'adds',
  'directory.archive': 'lessens',
  'session.get': 'reads',
  'session.list': 'reads',
  'session.children': 'reads',
  'session.history': 'reads',
  'service.list': 'reads',
  'invocation.get': 'reads',
  'invocation.list': 'reads',
  'invocation.history': 'reads',
  'edge.active': 'reads',
  'edge.inbound': 'reads',
  'edge.held': 'reads',
  'edge.outbound': 'reads',
  'edge.traverse': 'reads',
  'edge.impact': 'reads',
  'edge.history': 'reads',
  'session.authority': 'reads',
  'directory.get': 'reads',
  'directory.list': 'reads',
  'actor.path': 'reads',
  'caller.standing': 'reads',
  'zone.announcements': 'reads',
  'token.liveness': 'verifies',
} as const satisfies Record<CommandType | QueryType, Effect>;

/** Commands that create an actor: the answer to a repeated request follows from it. All others name what exists. */
const CREATING: ReadonlySet<CommandType> = new Set<CommandType>([
  'session.start',
  'service.register',
  'invocation.create',
  'edge.create',
]);

export const creates = (type: CommandType): boolean => CREATING.has(type);

export const effectOf = (name: CommandType | QueryType): Effect => effects[name];
