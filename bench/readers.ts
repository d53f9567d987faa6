// A thousand readers of one zone's stream: whether each is told every change once, and what the changes and the memory of the
// server are like meanwhile, beside the same without a reader. The readers have a process of their own.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askFor, closeAll, load, median, quantile, type Asked, type Connection } from './client.ts';
import type { Told, Wish } from './crowd.ts';
import { startServer, type Server } from './server.ts';
import type { Row } from './table.ts';
import { inTemporaryFolder } from './temporary.ts';

const READERS = 1_000;
const CHANGES_PER_SECOND = 500;
/** Of each round, with readers and without. */
const SECONDS = 10;
const ROUNDS = 3;
const WARM_UP_SECONDS = 5;
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

/** In turn, so that what else happens on the machine happens to both. */
const compare = async (server: Server): Promise<Row[]> => {
  const connections = await server.connections(CONNECTIONS);
  const changes = await Changes.prepare(connections);
  await changes.keepUp(WARM_UP_SECONDS);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alone = await watch(server, changes);
    const crowd = await Crowd.gather(server);
    await changes.keepUp(WARM_UP_SECONDS);
    const beside = await watch(server, changes);
    const endedAt = performance.now();
    const told = await crowd.upTo(changes.seq);
    rounds.push({ alone, beside, told, behindMs: performance.now() - endedAt });
    await crowd.disperse();
  }
  closeAll(connections);
  return rowsOf(rounds);
};

interface Round {
  readonly alone: Watched;
  readonly beside: Watched;
  readonly told: Told & { readonly seconds: number };
  readonly behindMs: number;
}

const rowsOf = (rounds: readonly Round[]): Row[] => {
  const ratio = median(rounds.map(({ alone, beside }) => p99Of(beside) / p99Of(alone)));
  return [
    ...changeRows(
      'without readers',
      rounds.map(({ alone }) => alone),
    ),
    ...changeRows(
      `with ${READERS.toLocaleString('en')} readers`,
      rounds.map(({ beside }) => beside),
    ),
    { what: 'their p99 to that without readers', figure: ratio, unit: 'times', target: '≤ 2 times' },
    ...countRows(rounds.map(({ told }) => told)),
    {
      what: 'the last reader has the last event, after the last change',
      figure: median(rounds.map(({ behindMs }) => behindMs)),
      unit: 'ms',
    },
    {
      what: 'resident memory of the server in the first round',
      figure: rounds[0]?.beside.after.bytes ?? 0,
      unit: 'bytes',
    },
    { what: 'and in the last', figure: rounds.at(-1)?.beside.after.bytes ?? 0, unit: 'bytes' },
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

const p99Of = ({ times }: Kept): number => quantile(times, 0.99);

const changeRows = (what: string, rounds: readonly Watched[]): Row[] => {
  const middle = (figure: (round: Watched) => number) => median(rounds.map(figure));
  const busyMs = middle(({ before, after }) => ((after.cpuSeconds - before.cpuSeconds) / SECONDS) * 1_000);
  return [
    {
      what: `changes ${what}`,
      figure: middle((round) => round.perSecond),
      unit: '/s',
      target: `${CHANGES_PER_SECOND} /s`,
    },
    { what: `a change ${what}, p50`, figure: middle((round) => median(round.times)), unit: 'ms' },
    { what: `a change ${what}, p99`, figure: middle(p99Of), unit: 'ms' },
    { what: `processor time of the server in a second of changes ${what}`, figure: busyMs, unit: 'ms' },
  ];
};

const countRows = (rounds: readonly Round['told'][]): Row[] => {
  const sum = (field: keyof Told) => rounds.reduce((so, told) => so + told[field], 0);
  return [
    { what: 'events delivered', figure: median(rounds.map(({ events, seconds }) => events / seconds)), unit: '/s' },
    { what: 'events delivered in all', figure: sum('events'), unit: '' },
    { what: 'events missed', figure: sum('missed'), unit: '', target: '0' },
    { what: 'events doubled', figure: sum('doubled'), unit: '', target: '0' },
    { what: 'readers let go', figure: sum('over'), unit: '' },
  ];
};

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

  async disperse(): Promise<void> {
    this.#process.kill();
    await once(this.#process, 'exit');
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
