// Whether a caller may act for the subject session that a new session names. An unproven subject is taken as named, but its
// login is never revoked because that session stops: no application can have a stranger logged out.
import type { AgentSessionFacts } from '../../machines/agent-session.ts';
import type { Caller } from './caller.ts';
import { denied } from './rules.ts';

type Start = Pick<AgentSessionFacts, 'applicationId' | 'subjectSessionId'>;
type Parent = Pick<AgentSessionFacts, 'subjectSessionId' | 'subjectProven'>;

/** Proven is the `sid` of the token, the proven subject of the parent, and any for a caller with the right to name others. */
export const isSubjectProven = (caller: Caller, start: Start, parent: Parent | null): boolean =>
  (caller.kind === 'bearer' && caller.subjectSessionId === start.subjectSessionId) ||
  (parent !== null && parent.subjectProven && parent.subjectSessionId === start.subjectSessionId) ||
  denied(caller, 'session.name-subject', start.applicationId) === null;
