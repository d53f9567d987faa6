// Delegated authority: reading and revoking edges.
import { both, same, type Row } from '../row.ts';
import { TERMS } from './edge-creation.ts';

const EDGES = '/zones/:zoneId/delegations';
const EDGE = `${EDGES}/:id`;

const ROW = ['id', ...TERMS, 'status', 'expires_at', 'edge_version', 'revoked_at', 'broad_reason'];
const rowIn = (names: readonly string[]) => names.map((name) => `items.0.${name}`);

const reading: readonly Row[] = [
  {
    call: `GET ${EDGES}/active`,
    input: 'a page',
    ...same('200'),
    reads: { both: [...rowIn(ROW), 'next_cursor'] },
    send: async (setting) => {
      await setting.delegatedPair();
      return setting.client.call('GET', 'delegations/active?limit=1');
    },
  },
  {
    call: `GET ${EDGES}/active`,
    input: '`limit=0`',
    ...same('400 invalid_query'),
    send: (setting) => setting.client.call('GET', 'delegations/active?limit=0'),
  },
  ...(['inbound', 'outbound'] as const).flatMap((direction): Row[] => [
    {
      call: `GET ${EDGES}/${direction}/:sessionId`,
      input: 'a session with an edge',
      ...same('200'),
      reads: { both: rowIn(['id', 'status']) },
      send: async (setting) => {
        const [source, target] = await setting.delegatedPair();
        return setting.client.call('GET', `delegations/${direction}/${direction === 'inbound' ? target : source}`);
      },
    },
    {
      call: `GET ${EDGES}/${direction}/:sessionId`,
      input: 'a session of another application',
      july: '200',
      one: '404 session_not_found',
      ours: '200',
      reads: { both: ['items'] },
      send: async (setting) =>
        (await setting.as('app-b')).call('GET', `delegations/${direction}/${await setting.session()}`),
    },
    {
      call: `GET ${EDGES}/${direction}/:sessionId`,
      input: 'an unknown session',
      july: '200, an empty list',
      one: '404 session_not_found',
      ours: '404 agent_not_found',
      send: (setting) => setting.client.call('GET', `delegations/${direction}/nothing`),
    },
  ]),
  {
    call: `GET ${EDGES}/inbound/:sessionId/:id`,
    input: 'an active edge, by its receiver',
    july: null,
    one: '200',
    ours: '200',
    reads: { '1.0': ['id', 'status', 'expires_at'] },
    shows: { status: 'active' },
    send: async (setting) => {
      const [, target, edge] = await setting.delegatedPair();
      return setting.one.checkEdge(target, edge);
    },
  },
  {
    call: `GET ${EDGES}/inbound/:sessionId/:id`,
    input: 'a revoked edge',
    july: null,
    one: '404 delegation_not_found',
    ours: '404 delegation_not_found',
    send: async (setting) => {
      const [, target, edge] = await setting.delegatedPair();
      await setting.client.call('PATCH', `delegations/${edge}/revoke`);
      return setting.one.checkEdge(target, edge);
    },
  },
  {
    call: `GET ${EDGE}/traverse`,
    input: 'an edge with another downstream, by its issuer',
    july: '200',
    one: '403 coordinator_admin_required',
    ours: '200',
    reads: { both: ['1.id', '1.source_session_id', '1.target_session_id', '1.depth'] },
    send: async (setting) => {
      const [, target, edge] = await setting.delegatedPair();
      await setting.edge(target, await setting.session(), { constraints: { max_hops: 1 } });
      return setting.client.call('GET', `delegations/${edge}/traverse`);
    },
  },
  {
    call: `GET ${EDGE}/traverse`,
    input: 'an unknown edge, by the operator',
    ...both('200, an empty list'),
    ours: '404 delegation_not_found',
    send: (setting) => setting.operator.call('GET', 'delegations/nothing/traverse'),
  },
  {
    call: `GET ${EDGE}/impact`,
    input: 'an edge, by the operator',
    ...same('200'),
    reads: {
      both: ['edge_id', 'affected_edges.0.id'],
      july: ['affected_agents.0', 'affected_subject_sessions.0'],
      '1.0': ['affected_sessions.0', 'affected_authority_records.0'],
    },
    send: async (setting) => {
      const [, , edge] = await setting.delegatedPair();
      return setting.operator.call('GET', `delegations/${edge}/impact`);
    },
  },
  {
    call: `GET ${EDGE}/impact`,
    input: 'an edge, by its issuer',
    july: '200',
    one: '403 coordinator_admin_required',
    ours: '200',
    reads: { both: ['terminated_agents.0', 'terminated_sessions.0'] },
    send: async (setting) => {
      const [, , edge] = await setting.delegatedPair();
      return setting.client.call('GET', `delegations/${edge}/impact`);
    },
  },
  {
    call: `GET ${EDGE}/impact`,
    input: 'an unknown edge, by the operator',
    ...same('404 delegation_not_found'),
    send: (setting) => setting.operator.call('GET', 'delegations/nothing/impact'),
  },
  {
    call: 'GET /zones/:zoneId/agents/:sessionId/effective-authority',
    input: 'a session with two edges: the union of their resources',
    ...same('200'),
    reads: {
      both: [
        'inbound_edges.1',
        'effective_scopes.0',
        'effective_resource_ids.1',
        'effective_resources.1',
        'effective_resource_constrained',
        'effective_max_hops',
        'earliest_expires_at',
      ],
    },
    shows: { effective_resources: ['resource-1', 'resource-2'], effective_scopes: ['read'] },
    send: async (setting) => {
      const [source, target] = await setting.delegatedPair();
      await setting.edge(source, target, { resource_id: 'resource-2' });
      return setting.client.call('GET', `agents/${target}/effective-authority`);
    },
  },
  {
    call: 'GET /zones/:zoneId/agents/:sessionId/effective-authority',
    input: 'a session of another application',
    july: '200',
    one: '404 session_not_found',
    ours: '200',
    send: async (setting) =>
      (await setting.as('app-b')).call('GET', `agents/${await setting.session()}/effective-authority`),
  },
  {
    call: 'GET /zones/:zoneId/agents/:sessionId/effective-authority',
    input: 'an unknown session',
    july: '200, no authority',
    one: '404 session_not_found',
    ours: '404 agent_not_found',
    send: (setting) => setting.client.call('GET', 'agents/nothing/effective-authority'),
  },
];

const revoking: readonly Row[] = [
  {
    call: `PATCH ${EDGE}/revoke`,
    input: 'an edge',
    ...same('200'),
    reads: {
      both: ['revoked_edges'],
      july: ['affected_sessions', 'terminated_agents'],
      '1.0': ['affected_sessions', 'terminated_sessions'],
    },
    shows: { revoked_edges: 1, also_revoked_edges: 0, affected_sessions: 1, terminated_sessions: 1 },
    send: async (setting) => {
      const [, , edge] = await setting.delegatedPair();
      return setting.client.call('PATCH', `delegations/${edge}/revoke`);
    },
  },
  {
    call: `PATCH ${EDGE}/revoke`,
    input: 'a revoked edge',
    ...same('404 delegation_not_found'),
    send: async (setting) => {
      const [, , edge] = await setting.delegatedPair();
      await setting.client.call('PATCH', `delegations/${edge}/revoke`);
      return setting.client.call('PATCH', `delegations/${edge}/revoke`);
    },
  },
  {
    call: `PATCH ${EDGE}/revoke`,
    input: 'an edge that another application issued',
    ...same('403 issuer_ownership_required'),
    send: async (setting) => {
      const [, , edge] = await setting.delegatedPair();
      return (await setting.as('app-b')).call('PATCH', `delegations/${edge}/revoke`);
    },
  },
];

export const edgeRows: readonly Row[] = [...reading, ...revoking];
