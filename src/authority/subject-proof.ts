// Whether a caller may act for the subject session that a new session names. An unproven subject is accepted, but its login
// is never revoked because that session stops: an application must not be able to log out other users.
import type { AgentSessionFacts } from '../../machines/agent-session.ts';
import type { Caller } from './caller.ts';
import { denied } from './rules.ts';

type Start = Pick<AgentSessionFacts, 'applicationId' | 'subjectSessionId'>;
type Parent = Pick<AgentSessionFacts, 'subjectSessionId' | 'subjectProven'>;

/** Proven are the `sid` of the token, the proven subject of the parent, and any subject for a caller with that right. */
export const isSubjectProven = (caller: Caller, start: Start, parent: Parent | null): boolean =>
  (caller.kind === 'bearer' && caller.subjectSessionId === start.subjectSessionId) ||
  (parent !== null && parent.subjectProven && parent.subjectSessionId === start.subjectSessionId) ||
  denied(caller, 'session.name-subject', start.applicationId) === null;
