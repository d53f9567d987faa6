// The same over HTTP, with a disk and with streams that are read: what a change costs the server with nobody, one and ten who
// look. CPU time is asked of the server itself, so that whoever else uses the machine does not count.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { closeAll, load, median, type Connection } from './client.ts';
import type { Server } from './server.ts';
import type { Row } from './table.ts';

const SESSIONS = 64;
const CHANGES = 6_000;
const ROUNDS = 5;
const VIEWERS = [0, 1, 10];
const US_PER_SECOND = 1_000_000;
const AGENTS = '/zones/z1/agents';

export const measureViewed = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(SESSIONS);
  const ids: string[] = [];
  const body = JSON.stringify({ application_id: 'bench' });
  await load(
    connections,
    SESSIONS,
    () => ({ method: 'POST', path: AGENTS, body }),
    201,
    (told) => {
      ids.push((JSON.parse(told.body) as { agent_session_id: string }).agent_session_id);
    },
  );
  const costs: number[][] = VIEWERS.map(() => []);
  await change(connections, ids);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, count] of VIEWERS.entries()) {
      const viewers = await Promise.all(Array.from({ length: count }, () => look(server)));
      const before = await cpuOf(server);
      const changes = await change(connections, ids);
      costs[index]?.push(((await cpuOf(server)) - before) / changes);
      for (const viewer of viewers) viewer.destroy();
    }
  }
  closeAll(connections);
  const figures = costs.map(median);
  const [alone = 1] = figures;
  return VIEWERS.map((count, index) => ({
    what: `CPU of a change over HTTP, 64 connections, ${count} streams read`,
    figure: figures[index] ?? 0,
    unit: 'µs',
    ratio: `${((figures[index] ?? 0) / alone).toFixed(2)} × with none`,
  }));
};

/** Each connection moves a session of its own to and fro; gives how many changes that were. */
const change = async (connections: readonly Connection[], ids: readonly string[]): Promise<number> => {
  const perConnection = Math.ceil(CHANGES / connections.length / 2) * 2;
  await Promise.all(
    connections.map((connection, index) =>
      load(
        [connection],
        perConnection,
        (n) => ({ method: 'PATCH', path: `${AGENTS}/${ids[index]}/${n % 2 === 0 ? 'suspend' : 'resume'}` }),
        200,
      ),
    ),
  );
  return connections.length * perConnection;
};

/** CPU time of the server so far, microseconds. */
const cpuOf = async ({ port, operatorToken }: Server): Promise<number> => {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const figures = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(figures)?.[1]) * US_PER_SECOND;
};

const look = async ({ port, operatorToken }: Server): Promise<IncomingMessage> => {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const asked = request({ port, host: '127.0.0.1', path: '/inspector/stream?zone=z1', headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response.resume();
};
