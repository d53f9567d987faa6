// Members that July and 1.0 name differently: an answer that has both names has the same value in both.
import { isDeepStrictEqual } from 'node:util';

const TWINS = [
  ['subject_session_id', 'subject_authority_record_id'],
  ['spawned_at', 'started_at'],
  ['affected_agents', 'affected_sessions'],
  ['affected_subject_sessions', 'affected_authority_records'],
  ['terminated_agents', 'terminated_sessions'],
  ['sid', 'authorityRecordId'],
  ['rootSid', 'rootAuthorityRecordId'],
  ['agentSessionId', 'sessionId'],
  ['delegationEdgeId', 'delegationId'],
] as const;

/** Returns the pairs of names whose values differ, in the answer and in every object in it. */
export const unequalTwins = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  const members = value as Readonly<Record<string, unknown>>;
  const unequal = TWINS.filter(
    ([july, one]) => july in members && one in members && !isDeepStrictEqual(members[july], members[one]),
  );
  return [...unequal.map((pair) => pair.join(', ')), ...Object.values(members).flatMap(unequalTwins)];
};
