// How soon everybody knows: from the instant a suspension is answered to the last event of it at a subscriber, alone and
// behind a burst of starts; of the event stream, and of the streams in a Redis that writes down every command.
import { RedisServer, redisIsHere } from '../test/redis/redis-server.ts';
import { askFor, closeAll, load, median, type Asked, type Connection } from './client.ts';
import { EventSubscriber, StreamSubscriber, type Subscriber } from './revocation-subscribers.ts';
import { withServer, type Server } from './server.ts';
import type { Row } from './table.ts';

const AGENTS = '/zones/z1/agents';
const BURST = 2_000;
const CHILDREN = 10;

const SUBTREES = [
  { levels: 2, size: 111, rounds: 15, target: '≤ 50 ms', reference: '13 s' },
  { levels: 3, size: 1_111, rounds: 9, target: '≤ 250 ms', reference: '138 s' },
] as const;

export const measureRevocations = async (): Promise<Row[]> => {
  const rows = await withServer((server) => measure(server, EventSubscriber.open(server), ''));
  return [...rows, ...(await measureStreams())];
};

const measureStreams = async (): Promise<Row[]> => {
  if (!redisIsHere()) {
    console.log('\nRevocations over Redis are left out: there is no redis-server on this machine.');
    return [];
  }
  const redis = await RedisServer.start();
  const environment = { REDIS_URL: redis.url, STREAMS_HMAC_KEY: '01'.repeat(32) };
  const open = Promise.resolve(new StreamSubscriber(redis.url));
  try {
    return await withServer((server) => measure(server, open, ', over Redis and signed'), environment);
  } finally {
    await redis.destroy();
  }
};

const measure = async (server: Server, opening: Promise<Subscriber>, how: string): Promise<Row[]> => {
  const connections = await server.connections(64);
  const subscriber = await opening;
  const rows: Row[] = [];
  for (const { levels, size, rounds, target, reference } of SUBTREES) {
    for (const isBehind of [false, true]) {
      const times = [];
      for (let round = 0; round < rounds; round += 1)
        times.push(
          await revocation(connections, subscriber, {
            levels,
            size,
            isBehind,
            subject: `user-${levels}-${round}-${isBehind}`,
          }),
        );
      const behind = isBehind ? `, behind a burst of ${BURST.toLocaleString('en')} starts` : '';
      rows.push({
        what: `the last of the revocations of a suspended subtree of ${size.toLocaleString('en')}, after the answer${behind}${how}`,
        figure: median(times),
        unit: 'ms',
        target,
        reference: isBehind ? `${reference}, and 34 s for the burst` : reference,
      });
    }
  }
  subscriber.close();
  closeAll(connections);
  return rows;
};

interface Revocation {
  readonly levels: number;
  readonly size: number;
  readonly isBehind: boolean;
  readonly subject: string;
}

const start = (fields: object): Asked => ({
  method: 'POST',
  path: AGENTS,
  body: JSON.stringify({ application_id: 'bench', ...fields }),
});

const revocation = async (
  connections: readonly Connection[],
  subscriber: Subscriber,
  { levels, size, isBehind, subject }: Revocation,
): Promise<number> => {
  const [first, ...others] = connections as [Connection, ...Connection[]];
  const root = await grow(connections, levels, subject);
  const last = subscriber.more(size);
  const burst = isBehind ? load(others, BURST, () => start({ subject_session_id: 'crowd' }), 201) : Promise.resolve();
  await askFor(first, { method: 'PATCH', path: `${AGENTS}/${root}/suspend` }, 200);
  const answeredAt = performance.now();
  const lastAt = await last;
  await burst;
  return Math.max(0, lastAt - answeredAt);
};

/** A tree of so many levels below its root, all for one subject session. */
const grow = async (connections: readonly Connection[], levels: number, subject: string): Promise<string> => {
  let parents: (string | null)[] = [null];
  let root = '';
  for (let level = 0; level <= levels; level += 1) {
    const above = parents;
    const ids: string[] = [];
    const count = level === 0 ? 1 : above.length * CHILDREN;
    const next = (n: number) => start({ subject_session_id: subject, parent_id: above[Math.floor(n / CHILDREN)] });
    await load(connections, count, next, 201, ({ body }, n) => {
      ids[n] = (JSON.parse(body) as { agent_session_id: string }).agent_session_id;
    });
    if (level === 0) root = ids[0] ?? '';
    parents = ids;
  }
  return root;
};
