// What consumers of `caracal.sessions.revoke` refuse, for every way in which authority ends. A consumer of the Caracal
// family knows three members, and refuses every name that it finds in one of them, for a day. So it must find every
// name that has ended, and no name that is still valid. The event stream and Redis have the same messages.
import { expect } from 'chai';
import { EventReader } from '../http/event-reader.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Consumer, refused, UNTIL, Zone, type Fields, type Refused } from './consumer.ts';
import { redisIsHere } from './redis-server.ts';
import { StreamsWorld } from './streams-world.ts';

const REVOKE = 'caracal.sessions.revoke';
const LEASE_MS = 120_000;

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
  'a suspended tree with edges, which stay active': async (zone) => {
    const [source, root] = [await zone.session(), await zone.session()];
    await zone.edge(source, root);
    const child = await zone.session({ parent_id: root, parent_authority: 'inherit' });
    await zone.call('PATCH', `agents/${root}/suspend`);
    return { sessions: [root, child] };
  },
  'a service with edges whose lease has expired': async (zone) => {
    const [source, service] = [await zone.session(), await zone.session({ lifecycle: 'service' })];
    await zone.edge(source, service);
    const child = await zone.session({ parent_id: service, parent_authority: 'inherit' });
    zone.advance(LEASE_MS);
    return { sessions: [service, child] };
  },
  'a task with edges whose TTL has passed': async (zone) => {
    const [source, task, target] = [await zone.session(), await zone.session({ ttl_seconds: 1 }), await zone.session()];
    const edges = [await zone.edge(source, task), await zone.edge(task, target, { constraints: { max_hops: 2 } })];
    zone.advance(1_000);
    return { sessions: [task], edges };
  },
  'an inherited edge that expires with its parent': async (zone) => {
    const [source, parent] = [await zone.session(), await zone.session()];
    const edge = await zone.edge(source, parent, { expires_at: zone.in(1_000) });
    const child = await zone.session({ parent_id: parent, parent_authority: 'inherit' });
    const inherited = await zone.carried(child);
    zone.advance(1_000);
    return { edges: [edge, inherited] };
  },
  'a revoked edge that was inherited': async (zone) => {
    const [source, parent] = [await zone.session(), await zone.session()];
    const edge = await zone.edge(source, parent);
    const child = await zone.session({ parent_id: parent, parent_authority: 'inherit' });
    const inherited = await zone.carried(child);
    await zone.call('PATCH', `delegations/${edge}/revoke`);
    return { sessions: [parent, child], edges: [edge, inherited] };
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
  'an expired edge, whose target stays active': async (zone) => {
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
  'an ended source, whose target stays active': async (zone) => {
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
  'an archived application that has delegated': async (zone) => {
    await zone.operate('PUT', 'applications/app-b', { registration_method: 'managed' });
    const [source, target] = [await zone.session({}, 'theirs', 'app-b'), await zone.session()];
    const parties = { issuer_application_id: 'app-b', receiver_application_id: 'app-a' };
    const scope = 'coordinator.delegate_from:app-b';
    const edge = await zone.edge(source, target, parties, scope);
    await zone.operate('DELETE', 'applications/app-b');
    return { logins: ['theirs'], sessions: [source], edges: [edge] };
  },
  'a subject session whose registration has expired': async (zone) => {
    await zone.operate('PUT', 'subject-sessions/brief', { session_type: 'user', expires_at: zone.in(1_000) });
    const session = await zone.session({}, 'brief');
    await zone.session();
    zone.advance(1_000);
    return { logins: ['brief'], sessions: [session] };
  },
  'an archived subject session': async (zone) => {
    await zone.operate('PUT', 'subject-sessions/login', { session_type: 'user', expires_at: UNTIL });
    const sessions = [await zone.session({}, 'login'), await zone.session({}, 'login')];
    await zone.session();
    await zone.operate('DELETE', 'subject-sessions/login');
    return { logins: ['login'], sessions };
  },
  'nothing after a start, an edge, a heartbeat and a lease': async (zone) => {
    const [source, target] = [await zone.session({ lifecycle: 'service' }), await zone.session()];
    await zone.edge(source, target);
    await zone.call('POST', `agents/${source}/heartbeat`, {});
    await zone.call('POST', `agents/${source}/lease`);
    return {};
  },
};

describe('a consumer of revocations refuses', function () {
  this.timeout(60_000);
  let streams: StreamsWorld | null = null;
  let world: World;
  let zones = 0;
  before(async () => {
    if (redisIsHere()) {
      streams = await StreamsWorld.create();
      await streams.begin();
      world = streams.world;
    } else {
      process.stdout.write('      without Redis: there is no redis-server on this machine\n');
      world = await World.create();
    }
  });
  after(() => (streams ?? world).destroy());

  const ofRedis = async (from: StreamsWorld, { name }: Zone): Promise<Refused> => {
    await from.toldAll(name);
    const consumer = new Consumer();
    for (const message of await from.redis.messages(REVOKE)) if (message['zone_id'] === name) consumer.take(message);
    return consumer.refuses;
  };

  const ofEvents = async (zone: Zone): Promise<Refused> => {
    const options = { token: OPERATOR_TOKEN, zone: zone.name, query: '?from=0' };
    const reader = await EventReader.open(world.url, options);
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
      const zone = new Zone(world, `zone-${zones}`);
      const expected = refused(await act(zone));
      expect(await ofEvents(zone)).to.deep.equal(expected);
      if (streams) expect(await ofRedis(streams, zone)).to.deep.equal(expected);
      const active = await idsOf(zone, 'agents?status=active&limit=500', 'agent_session_id');
      expect(active.filter((id) => expected.sessions.includes(id))).to.deep.equal([]);
      const edges = await idsOf(zone, 'delegations/active?limit=500', 'id');
      expect(edges.filter((id) => expected.edges.includes(id))).to.deep.equal([]);
    });
});
