// Delegated authority: edges made in a small and in a large graph, what a session may do, whether a token is good, and how
// long it takes to take authority back along a chain and along a fan.
import { askFor, closeAll, load, median, type Asked, type Connection } from './client.ts';
import type { Limits } from './limits.ts';
import { withServer, type Server } from './server.ts';
import { percent, type Row } from './table.ts';

const ZONE = '/zones/z1';
const SOURCES = 500;
/** So many that each holds about ten edges by the time its authority is asked for. */
const TARGETS = 1_000;
const FEW_EDGES = 1_000;
const MANY_EDGES = 100_000;
const EDGES_PER_ROUND = 2_000;
const READS_PER_ROUND = 20_000;
const ROUNDS = 5;
const CHAIN = 10;
const CHAINS = 41;
const FAN = 10_000;
const FANS = 3;

export const measureDelegations = async (limits: Limits): Promise<Row[]> => [
  ...(await withServer((server) => rates(server, limits))),
  ...(await withServer(revocations)),
];

const post = (path: string, fields: object): Asked => ({ method: 'POST', path, body: JSON.stringify(fields) });
const start = () => post(`${ZONE}/agents`, { application_id: 'bench', parent_authority: 'none' });

const HOPS_MAX = 10;
/** The same for all: an edge must not outlive its parent. */
const EXPIRES_AT = new Date(Date.now() + 24 * 3600 * 1000).toISOString();

const edge = (source: string, target: string, hops = HOPS_MAX): Asked =>
  post(`${ZONE}/delegations`, {
    source_session_id: source,
    target_session_id: target,
    issuer_application_id: 'bench',
    receiver_application_id: 'bench',
    scopes: ['read', 'write'],
    constraints: { resources: ['https://mail.example'], max_hops: hops },
    expires_at: EXPIRES_AT,
  });

type Answer = Readonly<Partial<Record<'agent_session_id' | 'delegation_edge_id', string>>>;

/** Makes this many, and gives their ids in the order of their numbers. */
const make = async (connections: readonly Connection[], count: number, next: (n: number) => Asked) => {
  const ids: string[] = [];
  const { perSecond } = await load(connections, count, next, 201, ({ body }, n) => {
    const { agent_session_id: sessionId, delegation_edge_id: edgeId } = JSON.parse(body) as Answer;
    ids[n] = edgeId ?? sessionId ?? '';
  });
  return { ids, perSecond };
};

const rates = async (server: Server, { emptyRoute, appends }: Limits): Promise<Row[]> => {
  const connections = await server.connections(64);
  const { ids: sources } = await make(connections, SOURCES, start);
  const { ids: targets } = await make(connections, TARGETS, start);
  let made = 0;
  const next = () => {
    made += 1;
    return edge(sources[made % sources.length] ?? '', targets[Math.floor(made / 7) % targets.length] ?? '');
  };
  const creating = async (present: number) => {
    await make(connections, present - made, next);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1)
      rounds.push((await make(connections, EDGES_PER_ROUND, next)).perSecond);
    return median(rounds);
  };
  const reading = async (asked: (n: number) => Asked) => {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1)
      rounds.push((await load(connections, READS_PER_ROUND, asked, 200)).perSecond);
    return median(rounds);
  };
  const few = await creating(FEW_EDGES);
  const authority = await reading((n) => read(`agents/${targets[n % targets.length]}/effective-authority`));
  const { ids: held } = await make(connections, 1, () => edge(sources[0] ?? '', targets[0] ?? ''));
  const token = await server.mint({ agentSessionId: targets[0] ?? '', delegationEdgeId: held[0] ?? '' });
  const question = post('/v1/verify', { token, require_delegation: true });
  const verifying = await reading(() => question);
  const many = await creating(MANY_EDGES);
  closeAll(connections);
  const reads = (figure: number) =>
    ({ figure, unit: '/s', ratio: percent(figure, emptyRoute, 'an empty route') }) as const;
  const writes = (figure: number) => ({ figure, unit: '/s', target: '≥ 4,000 /s', reference: '157–174 /s' }) as const;
  return [
    { what: 'create an edge, 1,000 in the zone', ...writes(few), ratio: percent(few, appends, 'LevelDB') },
    { what: 'create an edge, 100,000 in the zone', ...writes(many), ratio: percent(many, few, 'the row above') },
    {
      what: 'effective authority of a session with about ten edges',
      ...reads(authority),
      target: '≥ 14,000 /s',
      reference: '1,000–1,350 /s',
    },
    {
      what: 'verify a token seen before, that names a session and an edge',
      ...reads(verifying),
      target: '≥ 12,000 /s',
    },
  ];
};

const read = (path: string): Asked => ({ method: 'GET', path: `${ZONE}/${path}` });
const revoke = (id: string): Asked => ({ method: 'PATCH', path: `${ZONE}/delegations/${id}/revoke` });

const revocations = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(64);
  const [alone] = connections as [Connection];
  const chains = [];
  for (let n = 0; n < CHAINS; n += 1) chains.push((await askFor(alone, revoke(await chainOf(alone)), 200)).ms);
  const fans = [];
  const traversals = [];
  for (let n = 0; n < FANS; n += 1) {
    const first = await fanOf(connections);
    traversals.push((await askFor(alone, read(`delegations/${first}/traverse`), 200)).ms);
    fans.push((await askFor(alone, revoke(first), 200)).ms);
  }
  closeAll(connections);
  return [
    { what: 'revoke a chain of 10', figure: median(chains), unit: 'ms', target: '< 3 ms', reference: '8.4 ms' },
    { what: 'traverse 10,000 edges', figure: median(traversals), unit: 'ms' },
    {
      what: 'revoke a fan-out of 10,000, a session each',
      figure: median(fans),
      unit: 'ms',
      target: '< 300 ms',
      reference: '814 ms at 9,000',
    },
  ];
};

/** Gives the first edge of as many in a row. */
const chainOf = async (connection: Connection): Promise<string> => {
  const { ids } = await make([connection], CHAIN + 1, start);
  const [first = ''] = (await make([connection], CHAIN, (n) => edge(ids[n] ?? '', ids[n + 1] ?? '', HOPS_MAX - n))).ids;
  return first;
};

/** Gives an edge to a session that hands on to as many others. */
const fanOf = async (connections: readonly Connection[]): Promise<string> => {
  const { ids } = await make(connections, FAN + 1, start);
  const [root = '', hub = '', ...leaves] = ids;
  const [first = ''] = (await make(connections, 1, () => edge(root, hub))).ids;
  await make(connections, FAN - 1, (n) => edge(hub, leaves[n] ?? '', 1));
  return first;
};
