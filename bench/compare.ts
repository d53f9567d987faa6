// npm run bench:compare -- CHECKOUT [WORD]: compares this build with the build of another checkout. Both servers run at the
// same time and are measured in alternating rounds, so that other load slows down both. WORD selects the calls whose name
// contains it. Nothing is asserted.
import { closeAll, load, median, type Asked, type Connection, type Told } from './client.ts';
import { startServer, type Server } from './server.ts';
import { inTemporaryFolder } from './temporary.ts';

const CONNECTIONS = 64;
const ROUNDS = 12;
const SESSIONS = 1_000;
const REQUESTS = 4_000;
const ZONE = '/zones/z1';

interface Subject {
  readonly server: Server;
  readonly connections: readonly Connection[];
  /** Live service sessions, and a service for each. */
  readonly sessions: readonly string[];
  readonly services: readonly string[];
  readonly question: string;
}

interface Call {
  readonly what: string;
  readonly status: number;
  readonly ask: (subject: Subject, n: number) => Asked;
}

const post = (path: string, body: object): Asked => ({ method: 'POST', path, body: JSON.stringify(body) });
const application = { application_id: 'bench' };

const edge = ({ sessions }: Subject, n: number): object => ({
  issuer_application_id: 'bench',
  receiver_application_id: 'bench',
  source_session_id: sessions[n % SESSIONS],
  target_session_id: sessions[SESSIONS - 1],
  resource_id: 'files',
  scopes: ['read'],
  ttl_seconds: 3_600,
});

let invocations = 0;

const invocation = ({ services }: Subject, n: number): object => {
  invocations += 1;
  return { service_id: services[n % SESSIONS], idempotency_key: String(invocations), method: 'run' };
};

const CALLS: readonly Call[] = [
  { what: 'an answer without a zone (GET /health)', status: 200, ask: () => ({ method: 'GET', path: '/health' }) },
  {
    what: 'read one session',
    status: 200,
    ask: ({ sessions }, n) => ({ method: 'GET', path: `${ZONE}/agents/${sessions[n % SESSIONS]}` }),
  },
  { what: 'list 100 sessions', status: 200, ask: () => ({ method: 'GET', path: `${ZONE}/agents?limit=100` }) },
  {
    what: 'verify a token',
    status: 200,
    ask: ({ question }) => ({ method: 'POST', path: '/v1/verify', body: question }),
  },
  {
    what: 'heartbeat of a session and its service',
    status: 200,
    ask: ({ sessions, services }, n) =>
      post(`${ZONE}/agents/${sessions[n % SESSIONS]}/heartbeat`, { service_id: services[n % SESSIONS] }),
  },
  { what: 'start a session', status: 201, ask: () => post(`${ZONE}/agents`, application) },
  {
    what: 'create an invocation',
    status: 201,
    ask: (subject, n) => post(`${ZONE}/invocations`, invocation(subject, n)),
  },
  {
    what: 'create an edge',
    status: 201,
    ask: (subject, n) => post(`${ZONE}/delegations`, edge(subject, n % (SESSIONS - 1))),
  },
  {
    what: 'read the authority of a session',
    status: 200,
    ask: ({ sessions }, n) => ({ method: 'GET', path: `${ZONE}/agents/${sessions[n % SESSIONS]}/effective-authority` }),
  },
];

const prepared = async (dataDir: string, root: string): Promise<Subject> => {
  const server = await startServer(dataDir, { SERVICE_AGENT_LEASE_SECONDS: '3600' }, root);
  const connections = await server.connections(CONNECTIONS);
  const made = async (path: string, fields: (n: number) => object, id: string): Promise<string[]> => {
    const ids: string[] = [];
    const note = ({ body }: Told) => ids.push(String((JSON.parse(body) as Record<string, unknown>)[id]));
    await load(connections, SESSIONS, (n) => post(`${ZONE}${path}`, { ...application, ...fields(n) }), 201, note);
    return ids;
  };
  const sessions = await made('/agents', () => ({ lifecycle: 'service' }), 'agent_session_id');
  const services = await made('/agent-services', (n) => ({ endpoint_url: `https://bench.example/${n}` }), 'id');
  const token = await server.mint({ agentSessionId: sessions[0] ?? null });
  return { server, connections, sessions, services, question: JSON.stringify({ token }) };
};

/** Returns the requests per second of one round. */
const roundOf = async (subject: Subject, { ask, status }: Call): Promise<number> =>
  (await load(subject.connections, REQUESTS, (n) => ask(subject, n), status)).perSecond;

/** Returns the rates of both builds. The order alternates, so that neither is always measured second. */
const compare = async (mine: Subject, other: Subject, call: Call) => {
  const rates: { mine: number[]; other: number[] } = { mine: [], other: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair = { mine: 0, other: 0 };
    const order = round % 2 === 0 ? (['mine', 'other'] as const) : (['other', 'mine'] as const);
    for (const side of order) pair[side] = await roundOf(side === 'mine' ? mine : other, call);
    // The first round is a warm-up.
    if (round === 0) continue;
    rates.mine.push(pair.mine);
    rates.other.push(pair.other);
  }
  return rates;
};

const [checkout, word = ''] = process.argv.slice(2);
if (checkout === undefined)
  throw new Error('The argument must be the path of a built checkout: npm run bench:compare -- ../before');
await inTemporaryFolder((mineDir) =>
  inTemporaryFolder(async (otherDir) => {
    const mine = await prepared(mineDir, '.');
    const other = await prepared(otherDir, checkout);
    console.log(`Node ${process.version}. ${CONNECTIONS} connections, medians of ${ROUNDS} rounds in turns.\n`);
    console.log('| What | This build | The other | Ratio of the pairs |');
    console.log('| --- | ---: | ---: | ---: |');
    for (const call of CALLS.filter(({ what }) => what.includes(word))) {
      const rates = await compare(mine, other, call);
      const ratio = median(rates.mine.map((rate, round) => rate / (rates.other[round] ?? Number.NaN)));
      const shown = (values: readonly number[]) => `${Math.round(median(values)).toLocaleString('en')} /s`;
      console.log(`| ${call.what} | ${shown(rates.mine)} | ${shown(rates.other)} | ${ratio.toFixed(2)} |`);
    }
    for (const { connections, server } of [mine, other]) {
      closeAll(connections);
      await server.stop();
    }
  }),
);
