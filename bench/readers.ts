// A thousand readers of one zone's stream: whether each is told every change once, and what the changes and the memory of the
// server are like meanwhile, beside the same without a reader. The readers have a process of their own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askFor, closeAll, load, quantile, type Asked, type Connection } from './client.ts';
import type { Told, Wish } from './crowd.ts';
import { startServer, type Server } from './server.ts';
import type { Row } from './table.ts';
import { inTemporaryFolder } from './temporary.ts';

const READERS = 1_000;
const CHANGES_PER_SECOND = 500;
const SECONDS = 30;
const CONNECTIONS = 32;
/** Held and let go in turn, so that the zone stays as large as it is. */
const SESSIONS = 500;
const TOPIC = 'caracal.agents.lifecycle';
const OPERATOR_TOKEN = 'operator-token-of-the-bench';

const AGENTS = '/zones/z1/agents';

export const measureReaders = (): Promise<Row[]> =>
  inTemporaryFolder(async (dir) => {
    const server = await startServer(dir, { CARACAL_COORDINATOR_TOKEN: OPERATOR_TOKEN });
    try {
      return await compare(server);
    } finally {
      await server.stop();
    }
  });

const compare = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(CONNECTIONS);
  const changes = await Changes.prepare(connections);
  await changes.keepUp(SECONDS / 3);
  const alone = await watch(server, changes);
  const crowd = await Crowd.gather(server);
  await changes.keepUp(SECONDS / 6);
  const beside = await watch(server, changes);
  const endedAt = performance.now();
  const told = await crowd.upTo(changes.seq);
  const behindMs = performance.now() - endedAt;
  crowd.disperse();
  closeAll(connections);
  return [
    ...changeRows('without readers', alone),
    ...changeRows(`with ${READERS.toLocaleString('en')} readers`, beside, alone),
    ...countRows(told),
    { what: 'the last reader has the last event, after the last change', figure: behindMs, unit: 'ms' },
    {
      what: 'resident memory of the server with readers, before the changes',
      figure: beside.before.bytes,
      unit: 'bytes',
    },
    { what: 'and after them', figure: beside.after.bytes, unit: 'bytes' },
  ];
};

interface Watched extends Kept {
  readonly before: Figures;
  readonly after: Figures;
}

const watch = async (server: Server, changes: Changes): Promise<Watched> => {
  const before = await figuresOf(server);
  const kept = await changes.keepUp(SECONDS);
  return { ...kept, before, after: await figuresOf(server) };
};

const changeRows = (what: string, { perSecond, times, before, after }: Watched, alone?: Watched): Row[] => {
  const p99 = quantile(times, 0.99);
  const ratio = alone ? `${(p99 / quantile(alone.times, 0.99)).toFixed(2)} times without readers` : '';
  const busyMs = ((after.cpuSeconds - before.cpuSeconds) / SECONDS) * 1_000;
  return [
    { what: `changes ${what}`, figure: perSecond, unit: '/s', target: `${CHANGES_PER_SECOND} /s` },
    { what: `a change ${what}, p50`, figure: quantile(times, 0.5), unit: 'ms' },
    { what: `a change ${what}, p99`, figure: p99, unit: 'ms', ratio, ...(alone ? { target: '≤ twice' } : {}) },
    { what: `processor time of the server in a second of changes ${what}`, figure: busyMs, unit: 'ms' },
  ];
};

const countRows = ({ events, missed, doubled, over, seconds }: Told & { readonly seconds: number }): Row[] => [
  { what: 'events delivered', figure: events / seconds, unit: '/s' },
  { what: 'events delivered in all', figure: events, unit: '' },
  { what: 'events missed', figure: missed, unit: '', target: '0' },
  { what: 'events doubled', figure: doubled, unit: '', target: '0' },
  { what: 'readers let go', figure: over, unit: '' },
];

interface Kept {
  readonly perSecond: number;
  readonly times: readonly number[];
}

/** Suspends and resumes sessions at a steady rate; each is one entry with one event. */
class Changes {
  readonly #connections: readonly Connection[];
  readonly #ids: readonly string[];
  #made = 0;

  private constructor(connections: readonly Connection[], ids: readonly string[]) {
    this.#connections = connections;
    this.#ids = ids;
  }

  static async prepare(connections: readonly Connection[]): Promise<Changes> {
    const ids: string[] = [];
    const body = JSON.stringify({ application_id: 'bench', ttl_seconds: 86_400 });
    await load(
      connections,
      SESSIONS,
      () => ({ method: 'POST', path: AGENTS, body }),
      201,
      ({ body: told }) => {
        ids.push((JSON.parse(told) as { agent_session_id: string }).agent_session_id);
      },
    );
    return new Changes(connections, ids);
  }

  /** The last entry of the zone. */
  get seq(): number {
    return SESSIONS + this.#made;
  }

  /** What each change took, counted from the instant at which it was to be sent. */
  async keepUp(seconds: number): Promise<Kept> {
    const times: number[] = [];
    const startedAt = performance.now();
    const count = seconds * CHANGES_PER_SECOND;
    const stepMs = 1_000 / CHANGES_PER_SECOND;
    const takeTurns = async (connection: Connection, turn: number) => {
      for (let n = turn; n < count; n += CONNECTIONS) {
        const at = startedAt + n * stepMs;
        if (at > performance.now()) await pause(at - performance.now());
        await askFor(connection, this.#next(), 200);
        times.push(performance.now() - at);
      }
    };
    await Promise.all(this.#connections.map(takeTurns));
    return { perSecond: times.length / ((performance.now() - startedAt) / 1_000), times };
  }

  #next(): Asked {
    const verb = Math.floor(this.#made / SESSIONS) % 2 === 0 ? 'suspend' : 'resume';
    const id = this.#ids[this.#made % SESSIONS];
    this.#made += 1;
    return { method: 'PATCH', path: `${AGENTS}/${id}/${verb}` };
  }
}

/** The process of the readers. */
class Crowd {
  readonly #process = fork(join(import.meta.dirname, 'crowd.ts'), { execArgv: ['--import', 'tsx'] });
  #gatheredAt = 0;

  static async gather(server: Server): Promise<Crowd> {
    const crowd = new Crowd();
    const path = `/zones/z1/events?topics=${TOPIC}`;
    await crowd.#wish({ stream: { port: server.port, token: await server.mint({}), path }, readers: READERS });
    crowd.#gatheredAt = performance.now();
    return crowd;
  }

  /** What they have counted once all have that event. */
  async upTo(seq: number): Promise<Told & { readonly seconds: number }> {
    const told = await this.#wish({ upTo: seq });
    return { ...told, seconds: (performance.now() - this.#gatheredAt) / 1_000 };
  }

  disperse(): void {
    this.#process.kill();
  }

  async #wish(wish: Wish): Promise<Told> {
    this.#process.send(wish);
    const [told] = (await once(this.#process, 'message')) as [Told];
    return told;
  }
}

interface Figures {
  readonly bytes: number;
  readonly cpuSeconds: number;
}

const figuresOf = async ({ port }: Server): Promise<Figures> => {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  return { bytes: figure('process_resident_memory_bytes'), cpuSeconds: figure('process_cpu_seconds_total') };
};
