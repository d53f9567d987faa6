// Invocations: whole cycles from the wish to the outcome, and what happens to everybody else when thousands of deadlines
// fall due together. What others wait is measured from the instant each request was meant to be sent, so that a request
// held up behind another counts as held up.
import { setTimeout as pause } from 'node:timers/promises';
import { askFor, closeAll, median, quantile, share, type Asked, type Connection } from './client.ts';
import type { Limits } from './limits.ts';
import { withServer, type Server } from './server.ts';
import { percent, type Row } from './table.ts';

const ROUNDS = 5;
const CYCLES = 3_000;
/** What a cycle writes: created, started, succeeded. */
const ENTRIES_PER_CYCLE = 3;

const DEADLINES = 10_000;
const DEADLINE_ROUNDS = 3;
/** Between two requests of one kind while deadlines fall due, milliseconds. */
const PROBE_EVERY_MS = 5;
/** Connections that each kind of request takes in turn, so that one that waits holds up none that is meant to be sent later. */
const PROBE_CONNECTIONS = 32;
const POLL_EVERY_MS = 2;
const TIMEOUT_MS = 60_000;

const ZONE = 'z1';
const ANOTHER_ZONE = 'z2';
const INVOCATIONS = `/zones/${ZONE}/invocations`;

export const measureInvocations = (limits: Limits): Promise<Row[]> =>
  withServer(async (server) => {
    const parties = await makeParties(server);
    const { row, perSecond } = await cycles(server, parties, limits);
    return [
      row,
      ...(await deadlines(server, parties, { what: 'within a second', spreadMs: 950, perSecond })),
      ...(await deadlines(server, parties, { what: 'nearly at once', spreadMs: 0, perSecond })),
    ];
  });

interface Parties {
  readonly serviceId: string;
  readonly sessionId: string;
  /** A session in another zone, for comparison. */
  readonly sessionElsewhere: string;
}

const post = (path: string, fields: object): Asked => ({ method: 'POST', path, body: JSON.stringify(fields) });
const start = (zone: string): Asked => post(`/zones/${zone}/agents`, { application_id: 'bench' });

type Answer = Readonly<Partial<Record<'id' | 'agent_session_id' | 'deadline_at' | 'status', string>>>;

const answerTo = async (connection: Connection, asked: Asked, expected: number): Promise<Answer> =>
  JSON.parse((await askFor(connection, asked, expected)).body) as Answer;

const makeParties = async (server: Server): Promise<Parties> => {
  const [here] = (await server.connections(1, ZONE)) as [Connection];
  const [there] = (await server.connections(1, ANOTHER_ZONE)) as [Connection];
  const service = { application_id: 'bench', endpoint_url: 'https://bench.example/agent' };
  const { id: serviceId = '' } = await answerTo(here, post(`/zones/${ZONE}/agent-services`, service), 201);
  const { agent_session_id: sessionId = '' } = await answerTo(here, start(ZONE), 201);
  const { agent_session_id: sessionElsewhere = '' } = await answerTo(there, start(ANOTHER_ZONE), 201);
  closeAll([here, there]);
  return { serviceId, sessionId, sessionElsewhere };
};

let created = 0;

const create = async (connection: Connection, parties: Parties, timeoutMs: number): Promise<string> => {
  created += 1;
  const wish = {
    service_id: parties.serviceId,
    source_session_id: parties.sessionId,
    idempotency_key: `bench-${created}`,
    method: 'work',
    timeout_ms: timeoutMs,
    retry_policy: { max_attempts: 1 },
  };
  const { id = '' } = await answerTo(connection, post(INVOCATIONS, wish), 201);
  return id;
};

const begin = (connection: Connection, id: string): Promise<Answer> =>
  answerTo(connection, { method: 'PATCH', path: `${INVOCATIONS}/${id}/start` }, 200);

const cycles = async (server: Server, parties: Parties, { appends }: Limits) => {
  const connections = await server.connections(64, ZONE);
  const completion = JSON.stringify({ status: 'succeeded' });
  const round = async () => {
    const startedAt = performance.now();
    await share(connections, CYCLES, async (connection) => {
      const id = await create(connection, parties, TIMEOUT_MS);
      await begin(connection, id);
      await askFor(connection, { method: 'PATCH', path: `${INVOCATIONS}/${id}/complete`, body: completion }, 200);
    });
    return CYCLES / ((performance.now() - startedAt) / 1000);
  };
  await round();
  const rounds = [];
  for (let n = 0; n < ROUNDS; n += 1) rounds.push(await round());
  closeAll(connections);
  const perSecond = median(rounds);
  const row: Row = {
    what: 'create, start and complete an invocation, 64 connections, one zone',
    figure: perSecond,
    unit: '/s',
    target: '≥ 2,000 /s',
    ratio: percent(perSecond * ENTRIES_PER_CYCLE, appends, 'LevelDB'),
  };
  return { row, perSecond };
};

/** Milliseconds since the Unix epoch, with their fraction: what deadlines are compared with. */
const instant = (): number => performance.timeOrigin + performance.now();

interface Due {
  readonly what: string;
  /** Over how long a time the deadlines are spread. */
  readonly spreadMs: number;
  /** Cycles a second, from which follows how long it takes to start them all. */
  readonly perSecond: number;
}

const deadlines = async (server: Server, parties: Parties, due: Due): Promise<Row[]> => {
  const settled: number[] = [];
  const waits = new Map<string, number[]>();
  for (let round = 0; round < DEADLINE_ROUNDS; round += 1) {
    const armed = await arm(server, parties, due);
    settled.push(await watch(server, parties, armed, waits));
  }
  const count = DEADLINES.toLocaleString('en');
  return [
    {
      what: `${count} deadlines ${due.what}: settled after the last`,
      figure: median(settled),
      unit: 'ms',
      target: '≤ 1,000 ms',
    },
    ...Array.from(waits, ([probe, times]): Row[] => [
      { what: `${probe}, deadlines ${due.what}, p50`, figure: quantile(times, 0.5), unit: 'ms' },
      { what: `${probe}, deadlines ${due.what}, p99`, figure: quantile(times, 0.99), unit: 'ms', target: '< 100 ms' },
    ]).flat(),
  ];
};

interface Armed {
  readonly first: number;
  readonly last: number;
  /** The invocation whose deadline is the last. */
  readonly lastId: string;
}

/** Starts all the invocations, each with what is left until its deadline is to be. */
const arm = async (server: Server, parties: Parties, { spreadMs, perSecond }: Due): Promise<Armed> => {
  const connections = await server.connections(64, ZONE);
  const firstAt = instant() + 2_000 + 2 * (DEADLINES / perSecond) * 1000;
  let [first, last, lastId] = [Infinity, 0, ''];
  await share(connections, DEADLINES, async (connection, n) => {
    const id = await create(connection, parties, Math.round(firstAt + (n / DEADLINES) * spreadMs - instant()));
    const at = Date.parse((await begin(connection, id)).deadline_at ?? '');
    first = Math.min(first, at);
    if (at > last) [last, lastId] = [at, id];
  });
  closeAll(connections);
  if (first < instant()) throw new Error('The first deadline passed before the last invocation was started.');
  return { first, last, lastId };
};

/** Milliseconds from the last deadline until all are settled and on disk; meanwhile others ask, and their waits are kept. */
const watch = async (server: Server, parties: Parties, armed: Armed, waits: Map<string, number[]>): Promise<number> => {
  const window = { from: armed.first, to: Infinity };
  const probe = async (what: string, zone: string, asked: Asked, expected: number) => {
    const times = waits.get(what) ?? [];
    waits.set(what, times);
    const connections = await server.connections(PROBE_CONNECTIONS, zone);
    times.push(...(await keepAsking(connections, asked, expected, window)));
    closeAll(connections);
  };
  const look = (zone: string, id: string): Asked => ({ method: 'GET', path: `/zones/${zone}/agents/${id}` });
  const probes = [
    probe('GET a session', ZONE, look(ZONE, parties.sessionId), 200),
    probe('start a session', ZONE, start(ZONE), 201),
    probe('GET a session of another zone', ANOTHER_ZONE, look(ANOTHER_ZONE, parties.sessionElsewhere), 200),
    probe('start a session in another zone', ANOTHER_ZONE, start(ANOTHER_ZONE), 201),
  ];
  const [poll] = (await server.connections(1, ZONE)) as [Connection];
  window.to = await settledAt(poll, armed);
  await Promise.all(probes);
  poll.close();
  return window.to - armed.last;
};

/** Asks at fixed instants within the window; what each answer took, counted from its instant. */
const keepAsking = async (
  connections: readonly Connection[],
  asked: Asked,
  expected: number,
  window: { readonly from: number; readonly to: number },
): Promise<number[]> => {
  const times: number[] = [];
  const stepMs = PROBE_EVERY_MS * connections.length;
  const takeTurns = async (connection: Connection, turn: number) => {
    for (let at = window.from + turn * PROBE_EVERY_MS; at <= window.to; at += stepMs) {
      if (at > instant()) await pause(at - instant());
      if (at > window.to) return;
      await askFor(connection, asked, expected);
      times.push(instant() - at);
    }
  };
  await Promise.all(connections.map(takeTurns));
  return times;
};

// Deadlines are kept in their order, and an answer shows nothing that is not on disk: when the last is settled, all are.
const settledAt = async (connection: Connection, { last, lastId }: Armed): Promise<number> => {
  await pause(last - instant());
  for (;;) {
    const { status } = await answerTo(connection, { method: 'GET', path: `${INVOCATIONS}/${lastId}` }, 200);
    if (status === 'timed_out') break;
    await pause(POLL_EVERY_MS);
  }
  const at = instant();
  const { body } = await askFor(connection, { method: 'GET', path: `${INVOCATIONS}?status=running&limit=1` }, 200);
  const { items } = JSON.parse(body) as { items: readonly object[] };
  if (items.length > 0) throw new Error('An invocation is still running after the last deadline was settled.');
  return at;
};
