// The claim `delegation_chain`: the sessions that delegated the authority of a token, one hop for each. The issuer of
// the Caracal family writes its members in snake_case; other issuers may write the camelCase of the SDKs.
import { isJsonObject } from '../json-object.ts';

/** Spellings of the members of a hop. If a hop has both, the first one counts. */
const APPLICATION = ['application_id', 'applicationId'] as const;
const SESSION = ['agent_session_id', 'agentSessionId'] as const;
const EDGE = ['delegation_edge_id', 'delegationEdgeId'] as const;

type Hop = Readonly<Record<string, unknown>>;

/** Whether the claim is a list of hops, each of which names its application. */
export const isDelegationChain = (claim: unknown): claim is readonly Hop[] =>
  Array.isArray(claim) && claim.every(isHop);

export const delegationChainView = (chain: readonly Hop[]): readonly object[] =>
  chain.map((hop) => {
    const [session, edge] = [memberOf(hop, SESSION), memberOf(hop, EDGE)];
    return {
      applicationId: memberOf(hop, APPLICATION),
      ...(session !== undefined && { agentSessionId: session }),
      ...(edge !== undefined && { delegationEdgeId: edge }),
    };
  });

const isHop = (value: unknown): value is Hop =>
  isJsonObject(value) &&
  isText(memberOf(value, APPLICATION)) &&
  [SESSION, EDGE].every((spellings) => isTextOrAbsent(memberOf(value, spellings)));

/** Returns undefined for null, which some issuers write for an absent member. */
const memberOf = (hop: Hop, [snake, camel]: readonly [string, string]): unknown =>
  hop[snake] ?? hop[camel] ?? undefined;

export const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value);
