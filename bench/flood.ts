// A stop under a flood: what a suspend of the operator, a suspend of the application and a verification of a token that was seen
// before take while 100 connections send every cheap and expensive read and worthless bearers, beside the same without a flood; and
// the memory of the server while 64 connections leave the heaviest answers unread. `FLOOD_SECONDS` says how long that lasts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askFor, closeAll, Connection, load, quantile, type Asked } from './client.ts';
import type { Answered, Flood } from './flood-load.ts';
import { withServer, type Server } from './server.ts';
import type { Row } from './table.ts';

const AGENTS = '/zones/z1/agents';
const SESSIONS = 1_000;
const EDGES = 500;
const HEAVY_SESSIONS = 60;
const METADATA_BYTES = 256 * 1024;
const FLOOD_CONNECTIONS = 100;
const UNREAD_CONNECTIONS = 64;
/** Verifications measured, and half as many suspends of each kind. */
const TIMES = 400;
const HALF = TIMES / 2;
const SECONDS = Number(process.env['FLOOD_SECONDS'] ?? 10);
const SAMPLE_MS = 250;
/** How long the flood has lasted when measuring begins. */
const WARM_MS = 2_000;

export const measureFlood = async (): Promise<Row[]> => [
  ...(await withServer(measureFlooded)),
  ...(await withServer(measureUnread)),
];

const measureFlooded = async (server: Server): Promise<Row[]> => {
  const world = await prepare(server);
  const quiet = await measureStops(server, world, '');
  const flood = new Flooding();
  await flood.begin({
    port: server.port,
    connections: FLOOD_CONNECTIONS,
    asked: everyRead(world),
    tokens: [await server.mint({}), 'not.a.token', `${(await server.mint({})).slice(0, -8)}AAAAAAAA`],
    isUnread: false,
  });
  await pause(WARM_MS);
  const flooded = await measureStops(server, world, `, while ${FLOOD_CONNECTIONS} connections flood`);
  const answered = await flood.end();
  return [...quiet, ...flooded, ...answeredRows(answered)];
};

interface World {
  readonly sessions: readonly string[];
  readonly edges: readonly string[];
}

const prepare = async (server: Server): Promise<World> => {
  const connections = await server.connections(32);
  const sessions = await made(connections, SESSIONS, 'agent_session_id', () => ({
    path: AGENTS,
    fields: { application_id: 'bench' },
  }));
  const edges = await made(connections, EDGES, 'delegation_edge_id', (n) => ({
    path: '/zones/z1/delegations',
    fields: {
      source_session_id: sessions[n % 100],
      target_session_id: sessions[100 + n],
      issuer_application_id: 'bench',
      receiver_application_id: 'bench',
      resource_id: 'r',
      scopes: ['read'],
      ttl_seconds: 3_600,
    },
  }));
  closeAll(connections);
  return { sessions, edges };
};

const made = async (
  connections: readonly Connection[],
  count: number,
  id: string,
  of: (n: number) => { readonly path: string; readonly fields: object },
): Promise<readonly string[]> => {
  const ids: string[] = [];
  const next = (n: number): Asked => {
    const { path, fields } = of(n);
    return { method: 'POST', path, body: JSON.stringify(fields) };
  };
  await load(connections, count, next, 201, ({ body }, n) => {
    ids[n] = String((JSON.parse(body) as Record<string, unknown>)[id]);
  });
  return ids;
};

const everyRead = ({ sessions, edges }: World): readonly Asked[] => {
  const [session = '', edge = ''] = [sessions[0], edges[0]];
  const paths = [
    `${AGENTS}?limit=500`,
    `${AGENTS}/${session}`,
    AGENTS,
    `${AGENTS}/${session}/children`,
    `${AGENTS}/${session}/history`,
    `${AGENTS}/${sessions[100]}/effective-authority`,
    '/zones/z1/delegations/active?limit=500',
    `/zones/z1/delegations/outbound/${session}?limit=500`,
    `/zones/z1/delegations/${edge}/traverse`,
    `/zones/z1/delegations/${edge}/impact`,
    '/zones/z1/agents?label=nothing',
    '/zones/z1/nowhere',
    '/openapi.json',
    '/health',
  ];
  return paths.map((path) => ({ method: 'GET', path }));
};

const measureStops = async (server: Server, { sessions }: World, when: string): Promise<Row[]> => {
  const token = await server.mint({});
  const [operator, application] = await Promise.all([
    Connection.open(server.port, server.operatorToken),
    Connection.open(server.port, token),
  ]);
  const suspends = (connection: Connection, from: number) => async (n: number) => {
    const asked = { method: 'PATCH', path: `${AGENTS}/${sessions[from + n]}/suspend` };
    return (await askFor(connection, asked, 200)).ms;
  };
  const verify = { method: 'POST', path: '/v1/verify', body: JSON.stringify({ token }) };
  const begin = when === '' ? 200 : 600;
  const kinds = [
    ['a suspend of the operator', HALF, suspends(operator, begin)],
    ['a suspend of the application', HALF, suspends(application, begin + HALF)],
    ['a verification of a token seen before', TIMES, async () => (await application.ask(verify)).ms],
  ] as const;
  const rows: Row[] = [];
  for (const [what, count, measureOnce] of kinds) {
    const times: number[] = [];
    for (let n = 0; n < count; n += 1) times.push(await measureOnce(n));
    rows.push({ what: `${what}${when}, p50`, figure: quantile(times, 0.5), unit: 'ms' });
    rows.push({
      what: `${what}${when}, p99`,
      figure: quantile(times, 0.99),
      unit: 'ms',
      ...(when === '' ? {} : { target: '< 50 ms' }),
    });
  }
  closeAll([operator, application]);
  return rows;
};

const answeredRows = (answered: Answered): Row[] =>
  Object.entries(answered).map(([status, count]) => ({
    what: `requests of the flood answered with ${status}`,
    figure: count,
    unit: '' as const,
  }));

const measureUnread = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(32);
  const metadata = { text: 'x'.repeat(METADATA_BYTES) };
  await made(connections, HEAVY_SESSIONS, 'agent_session_id', () => ({
    path: AGENTS,
    fields: { application_id: 'bench', metadata },
  }));
  closeAll(connections);
  const before = residentMiB(server.pid);
  const flood = new Flooding();
  const asked = [`${AGENTS}?limit=500`, `${AGENTS}?limit=499`].map((path) => ({
    method: 'GET',
    path,
  }));
  await flood.begin({
    port: server.port,
    connections: UNREAD_CONNECTIONS,
    asked,
    tokens: await manyTokens(server),
    isUnread: true,
  });
  let most = 0;
  for (const until = performance.now() + SECONDS * 1_000; performance.now() < until; await pause(SAMPLE_MS))
    most = Math.max(most, residentMiB(server.pid));
  await flood.end();
  const what = `while ${UNREAD_CONNECTIONS} connections leave the heaviest answers unread for ${SECONDS} s`;
  return [
    { what: 'resident memory before, MiB', figure: before, unit: '' },
    { what: `most resident memory, MiB, ${what}`, figure: most, unit: '', target: '< 400' },
  ];
};

/** Of eight applications: one alone may use half of what there is. */
const manyTokens = (server: Server): Promise<string[]> =>
  Promise.all(Array.from({ length: 8 }, (_, n) => server.mint({ applicationId: n === 0 ? 'bench' : `bench-${n}` })));

const residentMiB = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);

/** The process of the flood. */
class Flooding {
  readonly #process = fork(join(import.meta.dirname, 'flood-load.ts'), { execArgv: ['--import', 'tsx'] });

  async begin(flood: Flood): Promise<void> {
    this.#process.send(flood);
    await once(this.#process, 'message');
  }

  /** Ends it, and gives what was answered. */
  async end(): Promise<Answered> {
    this.#process.send('tell');
    const [answered] = (await once(this.#process, 'message')) as [Answered];
    this.#process.kill();
    await once(this.#process, 'exit');
    return answered;
  }
}
