// How soon everybody knows: from the instant a suspension is answered to the last event of it at a subscriber, alone and
// behind a burst of starts.
import { request } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { askFor, closeAll, load, median, type Asked, type Connection } from './client.ts';
import { withServer, type Server } from './server.ts';
import type { Row } from './table.ts';

const AGENTS = '/zones/z1/agents';
const BURST = 2_000;
const CHILDREN = 10;

const SUBTREES = [
  { levels: 2, size: 111, rounds: 15, target: '≤ 50 ms', reference: '13 s' },
  { levels: 3, size: 1_111, rounds: 9, target: '≤ 250 ms', reference: '138 s' },
] as const;

export const measureRevocations = (): Promise<Row[]> =>
  withServer(async (server) => {
    const connections = await server.connections(64);
    const subscriber = await Subscriber.open(server);
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
        rows.push({
          what: `the last of the revocations of a suspended subtree of ${size.toLocaleString('en')}, after the answer${isBehind ? `, behind a burst of ${BURST.toLocaleString('en')} starts` : ''}`,
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
  });

/** Counts the revocations that come, and remembers when the last one did. */
class Subscriber {
  readonly #response: IncomingMessage;
  #seen = 0;
  #wanted = Infinity;
  #reached: (at: number) => void = () => {};

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('latin1');
    response.on('data', (text: string) => this.#take(text));
  }

  static async open(server: Server): Promise<Subscriber> {
    const headers = { authorization: `Bearer ${await server.mint({})}` };
    const path = '/zones/z1/events?topics=caracal.sessions.revoke';
    const asked = request({ port: server.port, host: '127.0.0.1', path, headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return new Subscriber(response);
  }

  /** Resolves with the instant at which so many more have come. */
  more(count: number): Promise<number> {
    this.#wanted = this.#seen + count;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  close(): void {
    this.#response.destroy();
  }

  #take(text: string): void {
    this.#seen += text.split('\ndata: ').length - 1;
    if (this.#seen >= this.#wanted) this.#reached(performance.now());
  }
}

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
