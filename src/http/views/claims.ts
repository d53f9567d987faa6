// The claims of a verified token as a resource server sees them: under the names of both generations of the SDKs. A
// claim that the token does not have is left out where the reference leaves it out.
import { delegationChainView, isDelegationChain } from './delegation-chain.ts';

type Claims = Readonly<Record<string, unknown>>;

const optional = {
  agentSessionId: 'agent_session_id',
  sessionId: 'agent_session_id',
  delegationEdgeId: 'delegation_edge_id',
  delegationId: 'delegation_edge_id',
  sourceSessionId: 'source_session_id',
  targetSessionId: 'target_session_id',
  delegationPath: 'delegation_path',
  hopCount: 'hop_count',
} as const;

/** Views made earlier, with the same key, lifetime and limit as the results in `verify-claims.ts`. */
const views = new WeakMap<Claims, object>();

export const claimsView = (claims: Claims): object => {
  const view = views.get(claims) ?? viewOf(claims);
  views.set(claims, view);
  return view;
};

const viewOf = (claims: Claims) => ({
  sub: claims['sub'],
  zoneId: claims['zone_id'],
  clientId: claims['client_id'],
  sid: claims['sid'],
  authorityRecordId: claims['sid'],
  rootSid: claims['root_sid'],
  rootAuthorityRecordId: claims['root_sid'],
  use: claims['use'],
  subType: claims['sub_type'],
  jti: claims['jti'] ?? null,
  issuedAt: typeof claims['iat'] === 'number' ? Math.floor(claims['iat']) : null,
  expiresAt: claims['exp'],
  scope: claims['scope'] ?? '',
  ...Object.fromEntries(
    Object.entries(optional)
      .filter(([, claim]) => (claims[claim] ?? null) !== null)
      .map(([name, claim]) => [name, claims[claim]]),
  ),
  ...delegationMembers(claims),
});

const delegationMembers = (claims: Claims) => {
  const resources = claims['target_resources'] ?? claims['target'] ?? undefined;
  const chain = claims['delegation_chain'];
  // The issuer of the Caracal family writes the second name of both.
  const epoch = claims['graph_epoch'] ?? claims['delegation_graph_epoch'] ?? undefined;
  return {
    ...(resources !== undefined && { targetResources: [resources].flat() }),
    ...(isDelegationChain(chain) && { delegationChain: delegationChainView(chain) }),
    ...(epoch !== undefined && { graphEpoch: epoch }),
  };
};
