// Service agents: heartbeats of many service sessions. Most leave no entry in the journal, so they cost what an answer
// costs; those that say something new of their service are written, and show what the others save.
import { closeAll, load, median, type Asked, type Connection } from './client.ts';
import type { Limits } from './limits.ts';
import { withServer, type Server } from './server.ts';
import { percent, type Row } from './table.ts';

const ROUNDS = 5;
const SESSIONS = 1_000;
/** An even number of heartbeats for every session, so that each round of alternating ones begins alike. */
const HEARTBEATS = 12 * SESSIONS;

const ZONE = '/zones/z1';

export const measureServices = (limits: Limits): Promise<Row[]> => withServer((server) => heartbeats(server, limits));

const heartbeats = async (server: Server, { emptyRoute, appends }: Limits): Promise<Row[]> => {
  const connections = await server.connections(64);
  const sessions = await make(connections, '/agents', () => ({ lifecycle: 'service' }));
  const services = await make(connections, '/agent-services', (n) => ({ endpoint_url: `https://bench.example/${n}` }));
  const rate = async (beat: (n: number) => object) => {
    const next = (n: number): Asked => ({
      method: 'POST',
      path: `${ZONE}/agents/${sessions[n % SESSIONS]}/heartbeat`,
      body: JSON.stringify(beat(n)),
    });
    await load(connections, HEARTBEATS, next, 200);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1)
      rounds.push((await load(connections, HEARTBEATS, next, 200)).perSecond);
    return median(rounds);
  };
  const own = await rate((n) => ({ service_id: services[n % SESSIONS] }));
  const shared = await rate(() => ({ service_id: services[0] }));
  const news = await rate((n) => ({ service_id: services[n % SESSIONS], status: healthOf(n) }));
  closeAll(connections);
  const route = (figure: number) =>
    ({ figure, unit: '/s', ratio: percent(figure, emptyRoute, 'an empty route') }) as const;
  return [
    {
      what: 'heartbeat of 1,000 sessions with a service each, 64 connections',
      ...route(own),
      target: '≥ 6,000 /s',
    },
    { what: 'heartbeat of 1,000 sessions with one service for all', ...route(shared) },
    {
      what: 'heartbeat that says something new, so that each is written',
      figure: news,
      unit: '/s',
      ratio: percent(news, appends, 'LevelDB'),
    },
  ];
};

const healthOf = (n: number): string => (Math.floor(n / SESSIONS) % 2 === 0 ? 'degraded' : 'healthy');

/** As many as there are sessions, and their ids in the order of their numbers. */
const make = async (connections: readonly Connection[], path: string, fields: (n: number) => object) => {
  const ids: string[] = [];
  await load(
    connections,
    SESSIONS,
    (n) => ({
      method: 'POST',
      path: `${ZONE}${path}`,
      body: JSON.stringify({ application_id: 'bench', ...fields(n) }),
    }),
    201,
    ({ body }, n) => {
      const { id, agent_session_id: sessionId } = JSON.parse(body) as { id?: string; agent_session_id?: string };
      ids[n] = id ?? sessionId ?? '';
    },
  );
  return ids;
};
