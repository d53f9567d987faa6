// The claims of a verified token as a resource server is shown them; a claim the token does not have is left out where the
// reference leaves it out.

const names = {
  rootSid: 'root_sid',
  use: 'use',
  subType: 'sub_type',
  jti: 'jti',
} as const;

const optional = {
  targetResources: 'target_resources',
  agentSessionId: 'agent_session_id',
  delegationEdgeId: 'delegation_edge_id',
  sourceSessionId: 'source_session_id',
  targetSessionId: 'target_session_id',
  delegationPath: 'delegation_path',
  delegationChain: 'delegation_chain',
  graphEpoch: 'graph_epoch',
  hopCount: 'hop_count',
} as const;

export const claimsView = (claims: Readonly<Record<string, unknown>>) => ({
  sub: claims['sub'],
  zoneId: claims['zone_id'],
  clientId: claims['client_id'],
  sid: claims['sid'] ?? null,
  ...Object.fromEntries(Object.entries(names).map(([name, claim]) => [name, claims[claim] ?? null])),
  issuedAt: typeof claims['iat'] === 'number' ? Math.floor(claims['iat']) : null,
  expiresAt: claims['exp'],
  scope: claims['scope'] ?? '',
  ...Object.fromEntries(
    Object.entries(optional)
      .filter(([, claim]) => claims[claim] !== undefined)
      .map(([name, claim]) => [name, claims[claim]]),
  ),
});
