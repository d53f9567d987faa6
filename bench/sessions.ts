// Agent sessions: durable starts, reads, holds through subtrees, what a live session weighs, and how long a start takes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { closeAll, load, median, type Asked, type Connection, type Told } from './client.ts';
import type { Limits } from './limits.ts';
import { startServer, withServer, type Server } from './server.ts';
import { percent, type Row } from './table.ts';
import { inTemporaryFolder } from './temporary.ts';

/** Repetitions of what takes long. */
const ROUNDS = 5;

const AGENTS = '/zones/z1/agents';
const start = (fields: object = {}, zone = 'z1'): Asked => ({
  method: 'POST',
  path: `/zones/${zone}/agents`,
  body: JSON.stringify({ application_id: 'bench', ...fields }),
});
const idOf = ({ body }: Told): string => (JSON.parse(body) as { agent_session_id: string }).agent_session_id;

export const measureSessions = async (limits: Limits): Promise<Row[]> => [
  ...(await withServer((server) => startsAndReads(server, limits))),
  ...(await withServer((server) => startsOverZones(server, limits))),
  ...(await withServer(growth)),
  ...(await withServer(subtrees)),
  await memoryPerSession(),
  ...(await inTemporaryFolder(startUp)),
];

const startsAndReads = async (server: Server, { emptyRoute, appends }: Limits): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const count of [64, 1, 16, 64]) {
    const connections = await server.connections(count);
    const rounds = [];
    for (let round = 0; round < 5; round += 1)
      rounds.push((await load(connections, count === 1 ? 1_000 : 8_000, () => start(), 201)).perSecond);
    closeAll(connections);
    const figure = median(rounds);
    const target = count === 64 ? { target: '≥ 5,500 /s', reference: '220 /s' } : {};
    rows.push({
      what: `start a session, ${count} connections, one zone`,
      figure,
      unit: '/s',
      ratio: percent(figure, appends, 'LevelDB'),
      ...target,
    });
  }
  // The first round only warms the server up.
  return [...rows.slice(1), ...(await reads(server, emptyRoute)), ...(await singleSuspends(server))];
};

const reads = async (server: Server, emptyRoute: number): Promise<Row[]> => {
  const connections = await server.connections(64);
  let id = '';
  await load(
    connections,
    1,
    () => start(),
    201,
    (told) => (id = idOf(told)),
  );
  const rate = async (path: string, requests: number) => {
    const rounds = [];
    for (let round = 0; round < 5; round += 1)
      rounds.push((await load(connections, requests, () => ({ method: 'GET', path }), 200)).perSecond);
    return median(rounds);
  };
  const one = await rate(`${AGENTS}/${id}`, 20_000);
  const list = await rate(AGENTS, 1_500);
  closeAll(connections);
  return [
    {
      what: 'GET one session, 64 connections',
      figure: one,
      unit: '/s',
      target: '≥ 14,000 /s',
      reference: '1,040 /s',
      ratio: percent(one, emptyRoute, 'an empty route'),
    },
    { what: 'GET a list of 100', figure: list, unit: '/s', ratio: percent(list, emptyRoute, 'an empty route') },
  ];
};

const singleSuspends = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(16);
  const ids: string[] = [];
  await load(
    connections,
    4_000,
    () => start(),
    201,
    (told) => ids.push(idOf(told)),
  );
  const { p50, p99 } = await load(
    connections,
    ids.length,
    (n) => ({ method: 'PATCH', path: `${AGENTS}/${ids[n]}/suspend` }),
    200,
  );
  closeAll(connections);
  return [
    { what: 'suspend one session, 16 connections, p50', figure: p50, unit: 'ms' },
    { what: 'suspend one session, 16 connections, p99', figure: p99, unit: 'ms', target: '< 15 ms' },
  ];
};

const startsOverZones = async (server: Server, { appends }: Limits): Promise<Row[]> => {
  const zones = Array.from({ length: 16 }, (_, n) => `zone-${n}`);
  const connections = (await Promise.all(zones.map((zone) => server.connections(4, zone)))).flat();
  const perConnection = 200;
  const round = async () => {
    const startedAt = performance.now();
    await Promise.all(
      connections.map((connection, n) =>
        load([connection], perConnection, () => start({}, zones[Math.floor(n / 4)]), 201),
      ),
    );
    return (connections.length * perConnection) / ((performance.now() - startedAt) / 1000);
  };
  const rounds = [];
  for (let n = 0; n < 6; n += 1) rounds.push(await round());
  closeAll(connections);
  const figure = median(rounds.slice(1));
  return [
    {
      what: 'start a session, 64 connections, 16 zones',
      figure,
      unit: '/s',
      ratio: percent(figure, appends, 'LevelDB'),
    },
  ];
};

/** The same rate with 1,000 and with 50,000 live sessions in the zone: nothing may grow with the others. */
const growth = async (server: Server): Promise<Row[]> => {
  const elsewhere = await server.connections(64, 'zone-to-warm-up');
  await load(elsewhere, 20_000, () => start({}, 'zone-to-warm-up'), 201);
  closeAll(elsewhere);
  const connections = await server.connections(64);
  const rateOf = async () => (await load(connections, 1_000, () => start(), 201)).perSecond;
  const rateFrom = async (live: number, more: number) => {
    await load(connections, more, () => start(), 201);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await rateOf());
    return { what: `start a session, from ${live.toLocaleString('en')} live in the zone`, figure: median(rounds) };
  };
  const few = await rateFrom(1_000, 1_000);
  const many = await rateFrom(50_000, 44_000);
  closeAll(connections);
  const ratio = percent(many.figure, few.figure, 'the row above');
  return [
    { ...few, unit: '/s' },
    { ...many, unit: '/s', reference: '68 /s at 20,000', ratio },
  ];
};

const SUBTREES = [
  { levels: 2, size: 111, rounds: 25, target: '< 5 ms', reference: '14 ms' },
  { levels: 3, size: 1_111, rounds: 11, target: '< 25 ms', reference: '63 ms' },
  { levels: 4, size: 11_111, rounds: ROUNDS, target: '< 200 ms', reference: '630 ms; an error for a user' },
] as const;

const subtrees = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(64);
  const [connection] = connections as [Connection];
  const rows: Row[] = [];
  for (const { levels, size, rounds, target, reference } of SUBTREES) {
    const times: Record<string, number[]> = { suspend: [], resume: [], terminate: [] };
    for (let round = 0; round < rounds; round += 1) {
      const root = await grow(connections, levels);
      times['suspend']?.push((await connection.ask({ method: 'PATCH', path: `${AGENTS}/${root}/suspend` })).ms);
      times['resume']?.push((await connection.ask({ method: 'PATCH', path: `${AGENTS}/${root}/resume` })).ms);
      times['terminate']?.push((await connection.ask({ method: 'DELETE', path: `${AGENTS}/${root}` })).ms);
    }
    for (const [verb, each] of Object.entries(times)) {
      const goals = verb === 'suspend' ? { target, reference } : {};
      rows.push({
        what: `${verb} a subtree of ${size.toLocaleString('en')}`,
        figure: median(each),
        unit: 'ms',
        ...goals,
      });
    }
  }
  closeAll(connections);
  return rows;
};

/** A tree of ten children each, `levels` deep; gives the root. */
const grow = async (connections: readonly Connection[], levels: number): Promise<string> => {
  let level: string[] = [];
  await load(
    connections,
    1,
    () => start(),
    201,
    (told) => level.push(idOf(told)),
  );
  const [root = ''] = level;
  for (let depth = 0; depth < levels; depth += 1) {
    const parents = level;
    level = [];
    await load(
      connections,
      parents.length * 10,
      (n) => start({ parent_id: parents[Math.floor(n / 10)] }),
      201,
      (told) => level.push(idOf(told)),
    );
  }
  return root;
};

const memoryPerSession = async (): Promise<Row> => {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', 'bench/memory.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { what: 'heap of one live session, of 50,000', figure: Number(printed), unit: 'bytes' };
};

const ZONES = 20;
const SESSIONS_PER_ZONE = 5_000;

const startUp = async (dir: string): Promise<Row[]> => {
  const first = await startServer(dir);
  for (let n = 0; n < ZONES; n += 1) {
    const connections = await first.connections(64, `zone-${n}`);
    await load(connections, SESSIONS_PER_ZONE, () => start({ ttl_seconds: 86_400 }, `zone-${n}`), 201);
    closeAll(connections);
  }
  await first.stop();
  const starts: number[] = [];
  const wakes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const server = await startServer(dir);
    starts.push(server.startedInMs);
    const [connection] = (await server.connections(1, 'zone-3')) as [Connection];
    wakes.push((await connection.ask({ method: 'GET', path: '/zones/zone-3/agents?limit=1' })).ms);
    connection.close();
    await server.stop();
  }
  return [
    { what: 'from spawn to listening with 100,000 live sessions in 20 zones', figure: median(starts), unit: 'ms' },
    { what: 'first answer of a sleeping zone of 5,000 live sessions', figure: median(wakes), unit: 'ms' },
  ];
};
