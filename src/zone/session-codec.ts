// A session's snapshot as bytes. Fields are written in one fixed order, so equal sessions give equal bytes wherever they
// were computed: that is what replay compares. Machine and version are part of it; bytes of another version are not read
// as this one.
import { JournalError } from '../journal/journal.ts';
import { agentSessionMachine, type AgentSessionContext, type AgentSessionState } from '../../machines/agent-session.ts';
import type { SessionRecord } from './sessions.ts';

const MACHINE = agentSessionMachine.id;
const VERSION = agentSessionMachine.version;

interface StoredSession {
  readonly machine: string;
  readonly version: string;
  readonly id: string;
  readonly state: AgentSessionState;
  readonly context: AgentSessionContext;
}

const inOrder = (context: AgentSessionContext): AgentSessionContext => ({
  applicationId: context.applicationId,
  subjectSessionId: context.subjectSessionId,
  parentId: context.parentId,
  depth: context.depth,
  lifecycle: context.lifecycle,
  labels: context.labels,
  ttlSeconds: context.ttlSeconds,
  metadataHash: context.metadataHash,
  startedAt: context.startedAt,
  startedSeq: context.startedSeq,
  expiresAt: context.expiresAt,
  holdReason: context.holdReason,
  endedAt: context.endedAt,
  terminationReason: context.terminationReason,
  seq: context.seq,
  changes: context.changes,
});

export const encodeSession = ({ id, state, context }: SessionRecord): Buffer =>
  Buffer.from(JSON.stringify({ machine: MACHINE, version: VERSION, id, state, context: inOrder(context) }));

/** Throws a `JournalError` `CORRUPT` where the bytes are not a session's of this version. */
export const decodeSession = (bytes: Buffer): SessionRecord => {
  const { machine, version, id, state, context } = JSON.parse(bytes.toString()) as StoredSession;
  if (machine === MACHINE && version === VERSION) return { id, state, context };
  throw new JournalError(
    'CORRUPT',
    `A snapshot is of machine ${machine} version ${version}, not ${MACHINE} ${VERSION}.`,
  );
};
