// A tour in one command: it starts a tree of agent sessions on a running server, suspends a branch, resumes it, lets it call
// a service, takes back what was handed on, ends it, and prints the tree at each step and the events as they come. It speaks HTTP
// like any client; only its token it makes itself, with the key in DATA_DIR, which must be the server's.
import { styleText } from 'node:util';
import { createOwnIssuer } from '../src/auth/own-issuer.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config/config.ts';
import { ToldEvents, type ToldEvent } from './told-events.ts';

const URL_OF_SERVER = process.env['COORDINATOR_URL'] ?? 'http://127.0.0.1:4000';
const ZONE = 'demo';
const APPLICATION = 'demo-app';
const TOKEN_SECONDS = 300;

/** What went wrong, in a sentence for whoever ran the demo. */
class DemoError extends Error {}

interface Agent {
  readonly name: string;
  readonly below: readonly Agent[];
}

const agent = (name: string, ...below: Agent[]): Agent => ({ name, below });

const TEAM = agent(
  'planner',
  agent('researcher', agent('reader'), agent('summariser')),
  agent('writer', agent('editor')),
);

interface Running extends Agent {
  readonly id: string;
  readonly below: readonly Running[];
}

type Call = (method: string, path: string, body?: object) => Promise<Readonly<Record<string, unknown>>>;

/** The header of an answer that says which entry it reflects, among the fields of its body. */
const SEQ = 'coordinator-seq';

async function mintToken(): Promise<string> {
  const read = readConfig(process.env);
  if (!read.ok) throw new DemoError(read.problems.join('\n'));
  const { dataDir, coordinatorScope, issuerUrl, publicUrl: issuer } = read.config;
  if (issuerUrl !== null) throw new DemoError(`Tokens come from ${issuerUrl}: the demo can only make its own.`);
  return createOwnIssuer({ dataDir, issuer, clock: systemClock }).mint({
    zone: ZONE,
    applicationId: APPLICATION,
    subject: 'demo',
    scope: coordinatorScope,
    sid: 'demo-user',
    ttlSeconds: TOKEN_SECONDS,
    now: systemClock.now(),
  });
}

const callerWith =
  (token: string): Call =>
  async (method, path, body) => {
    const response = await fetch(`${URL_OF_SERVER}/zones/${ZONE}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new DemoError(
        `No server answers at ${URL_OF_SERVER}. Start one with "npm start", or set COORDINATOR_URL.`,
        {
          cause,
        },
      );
    });
    if (response.status === 401) {
      throw new DemoError(
        'The server does not accept the token. Set DATA_DIR, HOST, PORT and PUBLIC_URL as they are set for the server.',
      );
    }
    if (!response.ok)
      throw new DemoError(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
    const answer = response.status === 204 ? {} : (JSON.parse(await response.text()) as object);
    return { ...answer, [SEQ]: Number(response.headers.get(SEQ)) };
  };

async function start(call: Call, { name, below }: Agent, parentId: string | null): Promise<Running> {
  const started = await call('POST', '/agents', { application_id: APPLICATION, parent_id: parentId, labels: [name] });
  const id = String(started['agent_session_id']);
  const running: Running[] = [];
  for (const child of below) running.push(await start(call, child, id));
  return { name, id, below: running };
}

const COLOURS = { active: 'green', suspended: 'yellow', terminated: 'gray', expired: 'gray' } as const;

const isKnown = (status: string): status is keyof typeof COLOURS => status in COLOURS;

function stateWords({ status, suspended_reason: held, termination_reason: ended }: Readonly<Record<string, unknown>>) {
  const word = String(status);
  const reason = held ?? ended;
  const words = typeof reason === 'string' ? `${word} (${reason})` : word;
  return process.stdout.isTTY && isKnown(word) ? styleText(COLOURS[word], words) : words;
}

const NAME_WIDTH = 24;

async function printTree(call: Call, { id, name, below }: Running, stem = '  ', branch = ''): Promise<void> {
  console.log(`${`${stem}${branch}${name}`.padEnd(NAME_WIDTH)}${stateWords(await call('GET', `/agents/${id}`))}`);
  const deeper = stem + { '': '', '├─ ': '│  ', '└─ ': '   ' }[branch];
  for (const [index, child] of below.entries()) {
    await printTree(call, child, deeper, index === below.length - 1 ? '└─ ' : '├─ ');
  }
}

const CALL_TIMEOUT_MS = 300;

/** A call of a service that nobody answers in time, and one that its session's end cancels. */
async function callService(call: Call, session: Running, service: unknown) {
  const wish = async (key: string, attempts: number) => {
    const made = await call('POST', '/invocations', {
      service_id: service,
      source_session_id: session.id,
      idempotency_key: `${session.id} ${key}`,
      method: 'read',
      timeout_ms: CALL_TIMEOUT_MS,
      retry_policy: { max_attempts: attempts },
    });
    return String(made['id']);
  };
  const calls = [await wish('first', 1), await wish('second', 2)] as const;
  await call('PATCH', `/invocations/${calls[0]}/start`);
  const show = async (title: string) => {
    console.log(`\n${title}`);
    for (const [index, id] of calls.entries()) {
      const { status, error_json: error } = await call('GET', `/invocations/${id}`);
      const why = error === null ? '' : ` (${String((error as { reason?: string }).reason)})`;
      console.log(`${`  call ${index + 1}`.padEnd(NAME_WIDTH)}${String(status)}${why}`);
    }
  };
  return { first: calls[0], show };
}

/** Does something, and prints what is told of it the moment it is told, counted from when it was asked for. */
async function watch(told: ToldEvents, names: ReadonlyMap<string, string>, act: () => ReturnType<Call>) {
  let answer: Awaited<ReturnType<Call>> = {};
  const askedAt = performance.now();
  const print = ({ topic, data }: ToldEvent) => {
    const who = names.get(data.agent_session_id ?? '') ?? '';
    const what = [data.event ?? topic, who, data.reason === undefined ? '' : `(${data.reason})`];
    console.log(
      `${`  after ${(performance.now() - askedAt).toFixed(1)} ms`.padEnd(NAME_WIDTH)}${what.join(' ').trim()}`,
    );
  };
  const seqOf = async () => Number((answer = await act())[SEQ]);
  await told.during(seqOf, print);
  return answer;
}

const namesIn = ({ id, name, below }: Running): [string, string][] => [[id, name], ...below.flatMap(namesIn)];

/** The planner hands a part of its authority to the writer, and takes it back. */
async function revoke(call: Call, told: ToldEvents, planner: Running) {
  const writer = planner.below[1] ?? planner;
  const names = new Map(namesIn(planner));
  const terms = {
    source_session_id: planner.id,
    target_session_id: writer.id,
    issuer_application_id: APPLICATION,
    receiver_application_id: APPLICATION,
    scopes: ['drafts:write'],
    constraints: { resources: ['https://drafts.example'] },
    ttl_seconds: TOKEN_SECONDS,
  };
  console.log('\nThe planner hands a part of what it may do to the writer; whoever follows the zone is told');
  const { delegation_edge_id: edge } = await watch(told, names, () => call('POST', '/delegations', terms));
  console.log('\nIt takes it back');
  await watch(told, names, () => call('PATCH', `/delegations/${String(edge)}/revoke`));
}

async function run(): Promise<void> {
  const token = await mintToken();
  const call = callerWith(token);
  const root = await start(call, TEAM, null);
  const told = await ToldEvents.follow(`${URL_OF_SERVER}/zones/${ZONE}/events`, token);
  const names = new Map(namesIn(root));
  const [researcher = root] = root.below;
  const show = async (title: string) => {
    console.log(`\n${title}`);
    await printTree(call, root);
  };

  await show('A planner and its team have started');
  console.log('\nThe researcher is suspended');
  const { suspended } = await watch(told, names, () => call('PATCH', `/agents/${researcher.id}/suspend`));
  await show(`Suspending the researcher suspended ${String(suspended)} sessions`);
  const { resumed } = await call('PATCH', `/agents/${researcher.id}/resume`);
  await show(`Resuming the researcher resumed ${String(resumed)}`);
  const endpoint = { application_id: APPLICATION, endpoint_url: 'https://library.example/agent' };
  const { id: service } = await call('POST', '/agent-services', endpoint);
  const { first, show: showCalls } = await callService(call, researcher, service);
  await showCalls('The researcher called a service twice; somebody works on the first call');
  while ((await call('GET', `/invocations/${first}`))['status'] === 'running');
  await showCalls('Its time is over');
  await revoke(call, told, root);
  await show('The writer ended with all that stood on it');
  await call('DELETE', `/agents/${researcher.id}?reason=work+done`);
  await show('Ending the researcher ended everything below it');
  await showCalls('And its other call with it');
  await call('DELETE', `/agents/${root.id}`);
  await show('Ending the planner ended the rest');
  told.close();
}

try {
  await run();
} catch (error) {
  if (!(error instanceof DemoError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
