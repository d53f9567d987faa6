// What consumers of `caracal.sessions.revoke` refuse, for every way in which authority ends. A consumer of the Caracal family knows
// three members, and refuses every name that it finds in one of them, for a day. So it must find every name that has ended, and
// no name that is still good. The event stream and Redis have the same messages.
import { expect } from 'chai';
import { EventReader } from '../http/event-reader.ts';
import { OPERATOR_TOKEN, type Answered, type TokenWish } from '../world/world.ts';
import { needRedis } from './redis-server.ts';
import { StreamsWorld } from './streams-world.ts';

const REVOKE = 'caracal.sessions.revoke';
const LEASE_MS = 120_000;
const UNTIL = '2100-01-01T00:00:00Z';

type Fields = Readonly<Record<string, unknown>>;

/** The names that a consumer refuses. */
class Consumer {
  readonly logins = new Set<unknown>();
  readonly sessions = new Set<unknown>();
  readonly edges = new Set<unknown>();

  take(message: Fields): void {
    const { session_id: login, agent_session_id: session, delegation_edge_id: edge } = message;
    if (login !== undefined) this.logins.add(login);
    if (session !== undefined) this.sessions.add(session);
    if (edge !== undefined) this.edges.add(edge);
  }

  get refuses(): Refused {
    const sorted = (names: ReadonlySet<unknown>) => [...names].map(String).toSorted();
    return { logins: sorted(this.logins), sessions: sorted(this.sessions), edges: sorted(this.edges) };
  }
}

interface Refused {
  readonly logins: readonly string[];
  readonly sessions: readonly string[];
  readonly edges: readonly string[];
}

const refused = ({ logins = [], sessions = [], edges = [] }: Partial<Refused>): Refused => ({
  logins: logins.toSorted(),
  sessions: sessions.toSorted(),
  edges: edges.toSorted(),
});

/** One zone, and what its clients and its operator do. */
class Zone {
  readonly streams: StreamsWorld;
  readonly name: string;

  constructor(streams: StreamsWorld, name: string) {
    this.streams = streams;
    this.name = name;
  }

  async call(method: string, path: string, body?: object, wish: TokenWish = {}): Promise<Answered> {
    const token = await this.streams.world.token({ zone: this.name, ...wish });
    return this.#must(method, path, body, token);
  }

  operate(method: string, path: string, body?: object): Promise<Answered> {
    return this.#must(method, path, body, OPERATOR_TOKEN);
  }

  /** Starts a session of a login. */
  async session(fields: Fields = {}, login = 'shared', app = 'app-a'): Promise<string> {
    const body = { application_id: app, ...fields };
    return String((await this.call('POST', 'agents', body, { app, sid: login })).body['agent_session_id']);
  }

  async edge(source: string, target: string, fields: Fields = {}): Promise<string> {
    const terms = { resource_id: 'files', scopes: ['read'], constraints: { max_hops: 3 }, expires_at: UNTIL };
    const applications = { issuer_application_id: 'app-a', receiver_application_id: 'app-a' };
    const body = { source_session_id: source, target_session_id: target, ...applications, ...terms, ...fields };
    const scope = 'coordinator.delegate_to:app-b';
    return String((await this.call('POST', 'delegations', body, { scope })).body['delegation_edge_id']);
  }

  in(ms: number): string {
    return new Date(this.streams.world.clock.now() + ms).toISOString();
  }

  advance(ms: number): void {
    this.streams.world.clock.advance(ms);
  }

  /** The edge with which a session started. */
  async carried(session: string): Promise<string> {
    return String((await this.operate('GET', `agents/${session}`)).body['delegation_edge_id']);
  }

  async #must(method: string, path: string, body: object | undefined, token: string): Promise<Answered> {
    const answer = await this.streams.world.call(method, `/zones/${this.name}/${path}`, body, { token });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer;
  }
}

/** Each way: what is done, and what a consumer must refuse afterwards. */
const WAYS: Readonly<Record<string, (zone: Zone) => Promise<Partial<Refused>>>> = {
  'a suspended session': async (zone) => {
    const session = await zone.session({}, 'alone');
    await zone.call('PATCH', `agents/${session}/suspend`);
    return { logins: ['alone'], sessions: [session] };
  },
  'a suspended session of a shared login': async (zone) => {
    const [session] = [await zone.session(), await zone.session()];
    await zone.call('PATCH', `agents/${session}/suspend`);
    return { sessions: [session] };
  },
  'a suspended tree': async (zone) => {
    const root = await zone.session();
    const child = await zone.session({ parent_id: root });
    const leaf = await zone.session({ parent_id: child });
    await zone.call('PATCH', `agents/${root}/suspend`);
    return { logins: ['shared'], sessions: [root, child, leaf] };
  },
  'a terminated tree with an inherited edge': async (zone) => {
    const [source, root] = [await zone.session(), await zone.session()];
    const edge = await zone.edge(source, root);
    const child = await zone.session({ parent_id: root, parent_authority: 'inherit' });
    const inherited = await zone.carried(child);
    await zone.call('DELETE', `agents/${root}`);
    return { sessions: [root, child], edges: [edge, inherited] };
  },
  'a session of an unproven subject': async (zone) => {
    const session = await zone.session({ subject_session_id: 'stranger' }, 'own');
    await zone.call('DELETE', `agents/${session}`);
    return { sessions: [session] };
  },
  'a session whose subject is an application': async (zone) => {
    await zone.operate('PUT', 'subject-sessions/robot', { session_type: 'application', expires_at: UNTIL });
    const session = await zone.session({}, 'robot');
    await zone.call('DELETE', `agents/${session}`);
    return { sessions: [session] };
  },
  'a task whose TTL has passed': async (zone) => {
    await zone.session({ lifecycle: 'service' });
    const task = await zone.session({ ttl_seconds: 1 });
    zone.advance(1_000);
    return { sessions: [task] };
  },
  'a service whose lease has expired': async (zone) => {
    const service = await zone.session({ lifecycle: 'service' });
    const child = await zone.session({ parent_id: service });
    zone.advance(LEASE_MS);
    return { logins: ['shared'], sessions: [service, child] };
  },
  'a revoked edge below a shared login': async (zone) => {
    const [source, target] = [await zone.session(), await zone.session()];
    const edge = await zone.edge(source, target);
    await zone.call('PATCH', `delegations/${edge}/revoke`);
    return { sessions: [target], edges: [edge] };
  },
  'a revoked edge to another login': async (zone) => {
    const [source, target] = [await zone.session(), await zone.session({}, 'theirs')];
    const edge = await zone.edge(source, target);
    await zone.call('PATCH', `delegations/${edge}/revoke`);
    return { logins: ['theirs'], sessions: [target], edges: [edge] };
  },
  'a revoked edge with others downstream': async (zone) => {
    const [source, target, last] = [await zone.session(), await zone.session(), await zone.session()];
    const first = await zone.edge(source, target);
    const onward = await zone.edge(target, last, { constraints: { max_hops: 2 } });
    await zone.call('PATCH', `delegations/${first}/revoke`);
    return { sessions: [target, last], edges: [first, onward] };
  },
  'an expired edge, whose target lives on': async (zone) => {
    const [source, target] = [await zone.session(), await zone.session({}, 'theirs')];
    const edge = await zone.edge(source, target, { expires_at: zone.in(1_000) });
    zone.advance(1_000);
    return { edges: [edge] };
  },
  'one of two edges that expires': async (zone) => {
    const [source, target] = [await zone.session(), await zone.session()];
    await zone.edge(source, target);
    const edge = await zone.edge(source, target, { expires_at: zone.in(1_000) });
    zone.advance(1_000);
    return { edges: [edge] };
  },
  'an ended source, whose target lives on': async (zone) => {
    const [source, target] = [await zone.session(), await zone.session()];
    const edge = await zone.edge(source, target);
    await zone.call('DELETE', `agents/${source}`);
    return { sessions: [source], edges: [edge] };
  },
  'an archived application': async (zone) => {
    await zone.operate('PUT', 'applications/app-b', { registration_method: 'managed' });
    const [source, target] = [await zone.session(), await zone.session({}, 'theirs', 'app-b')];
    const edge = await zone.edge(source, target, { receiver_application_id: 'app-b' });
    await zone.operate('DELETE', 'applications/app-b');
    return { logins: ['theirs'], sessions: [target], edges: [edge] };
  },
  'an application whose registration has expired': async (zone) => {
    await zone.operate('PUT', 'applications/app-b', { registration_method: 'dcr', expires_at: zone.in(1_000) });
    const session = await zone.session({}, 'theirs', 'app-b');
    zone.advance(1_000);
    return { logins: ['theirs'], sessions: [session] };
  },
  'an archived subject session': async (zone) => {
    await zone.operate('PUT', 'subject-sessions/login', { session_type: 'user', expires_at: UNTIL });
    const sessions = [await zone.session({}, 'login'), await zone.session({}, 'login')];
    await zone.session();
    await zone.operate('DELETE', 'subject-sessions/login');
    return { logins: ['login'], sessions };
  },
  'nothing that only starts, reports or resumes': async (zone) => {
    const [source, target] = [await zone.session({ lifecycle: 'service' }), await zone.session()];
    await zone.edge(source, target);
    await zone.call('POST', `agents/${source}/heartbeat`, {});
    await zone.call('POST', `agents/${source}/lease`);
    return {};
  },
};

describe('a consumer of revocations refuses', function () {
  this.timeout(60_000);
  let streams: StreamsWorld;
  let zones = 0;
  before(async function () {
    needRedis(this);
    streams = await StreamsWorld.create();
    await streams.begin();
  });
  after(() => streams?.destroy());

  const ofRedis = async ({ name }: Zone): Promise<Refused> => {
    await streams.toldAll(name);
    const consumer = new Consumer();
    for (const message of await streams.redis.messages(REVOKE)) if (message['zone_id'] === name) consumer.take(message);
    return consumer.refuses;
  };

  const ofEvents = async (zone: Zone): Promise<Refused> => {
    const options = { token: OPERATOR_TOKEN, zone: zone.name, query: '?from=0' };
    const reader = await EventReader.open(streams.world.url, options);
    const marker = await zone.session();
    const seen = await reader.until((events) => events.some(({ data }) => data['agent_session_id'] === marker));
    reader.close();
    const consumer = new Consumer();
    for (const { topic, data } of seen) if (topic === REVOKE) consumer.take(data);
    return consumer.refuses;
  };

  const idsOf = async (zone: Zone, path: string, name: string): Promise<string[]> => {
    const { body } = await zone.operate('GET', path);
    return (body['items'] as readonly Fields[]).map((row) => String(row[name]));
  };

  for (const [what, act] of Object.entries(WAYS))
    it(what, async () => {
      zones += 1;
      const zone = new Zone(streams, `zone-${zones}`);
      const expected = refused(await act(zone));
      const told = await ofRedis(zone);
      expect(told).to.deep.equal(expected);
      expect(await ofEvents(zone)).to.deep.equal(expected);
      const active = await idsOf(zone, 'agents?status=active&limit=500', 'agent_session_id');
      expect(
        active.filter((id) => told.sessions.includes(id)),
        'active sessions',
      ).to.deep.equal([]);
      const edges = await idsOf(zone, 'delegations/active?limit=500', 'id');
      expect(
        edges.filter((id) => told.edges.includes(id)),
        'active edges',
      ).to.deep.equal([]);
    });
});
