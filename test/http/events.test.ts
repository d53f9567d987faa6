// The changes of a zone as Server-Sent Events: which are told, to whom, in which order, and that nobody who comes back misses one
// or sees one twice.
import { connect } from 'node:net';
import { expect } from 'chai';
import { entryKey } from '../../src/journal/layout.ts';
import { behind } from '../journal/level-contents.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers } from './callers.ts';
import { EventReader, type ReaderOptions, type SeenEvent } from './event-reader.ts';

const LIFECYCLE = 'caracal.agents.lifecycle';
const REVOKE = 'caracal.sessions.revoke';
const EDGES = 'caracal.delegations.invalidate';
const INVOCATIONS = 'caracal.invocations.lifecycle';

const told = ({ topic, data }: SeenEvent): unknown[] => [
  topic,
  data['event'],
  data['agent_session_id'],
  data['reason'],
];

describe('the events of a zone', () => {
  let world: World;
  let callers: Callers;
  const open: EventReader[] = [];

  const follow = async (options: Partial<ReaderOptions> = {}): Promise<EventReader> => {
    const reader = await EventReader.open(world.url, { token: await world.token(), ...options });
    open.push(reader);
    return reader;
  };

  const suspend = (id: string) => world.call('PATCH', `/zones/z1/agents/${id}/suspend`);

  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
  });

  afterEach(async () => {
    for (const reader of open.splice(0)) reader.close();
    await world.destroy();
  });

  it('are refused from a place behind which an entry is damaged, and begin after it all the same', async () => {
    for (let made = 0; made < 3; made += 1) await world.session();
    await world.stop();
    await behind(world.dir, async (raw) => {
      const key = entryKey('z1', 2);
      const value = raw.getSync(key);
      value?.writeUInt8(value.readUInt8(value.length - 2) ^ 1, value.length - 2);
      await raw.put(key, value ?? Buffer.alloc(0));
    });
    await world.start();
    const from = (id: string) => world.call('GET', '/zones/z1/events', undefined, { headers: { 'last-event-id': id } });
    expect((await from('1')).body).to.include({ error: 'history_damaged' });
    const reader = await follow({ lastEventId: '2' });
    await reader.count(1);
    expect(reader.seen.map(({ id }) => id)).to.deep.equal(['3']);
  });

  it('begin with what happens next, under the sequence of its entry', async () => {
    await world.session();
    const reader = await follow();
    expect(reader.response.headers['content-type']).to.equal('text/event-stream');
    expect(reader.response.headers['coordinator-seq']).to.equal('1');
    expect(reader.response.headers).to.include({ connection: 'close' }).and.not.have.property('transfer-encoding');
    const id = await world.session({ labels: ['a'] });
    const [first] = await reader.count(1);
    expect(first).to.deep.equal({
      id: '2',
      topic: LIFECYCLE,
      data: { event: 'spawn', zone_id: 'z1', agent_session_id: id, parent_id: null, application_id: 'app-a' },
    });
  });

  it('tell of a subtree session by session, with what may be refused altogether', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const reader = await follow();
    await suspend(root);
    const seen = await reader.count(4);
    expect(seen.map(told)).to.deep.equal([
      [LIFECYCLE, 'suspend', root, 'requested'],
      [REVOKE, undefined, root, 'requested'],
      [LIFECYCLE, 'suspend', child, 'parent_suspended'],
      [REVOKE, undefined, child, 'parent_suspended'],
    ]);
    expect(seen.map(({ id }) => id)).to.deep.equal(['3.0', '3.1', '3.2', '3']);
    expect(seen[1]?.data['session_id']).to.equal('user-1');
  });

  it('name every session that stops, and spare a subject session on which another lives, and one of an application', async () => {
    const admin = { token: await world.token({ scope: 'coordinator.subject_for:app-a' }) };
    const [one, another] = [await world.session(), await world.session()];
    const alone = await world.session({ subject_session_id: 'user-2' }, admin);
    const row = { session_type: 'application', expires_at: new Date(world.clock.now() + 3_600_000).toISOString() };
    await world.call('PUT', '/zones/z1/subject-sessions/machine', row, { token: OPERATOR_TOKEN });
    const machine = await world.session({ subject_session_id: 'machine' }, admin);
    const reader = await follow({ query: `?topics=${REVOKE}` });
    for (const id of [one, machine, another, alone]) await suspend(id);
    await reader.count(4);
    expect(reader.seen.map(({ data }) => [data['agent_session_id'], data['session_id']])).to.deep.equal([
      [one, undefined],
      [machine, undefined],
      [another, undefined],
      [alone, 'user-2'],
    ]);
  });

  it('tell nothing of a session that a wave reaches and does not move', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    await suspend(child);
    const reader = await follow({ query: `?topics=${LIFECYCLE}` });
    await suspend(root);
    await world.call('PATCH', `/zones/z1/agents/${root}/resume`);
    const seen = await reader.count(2);
    expect(seen.map(told)).to.deep.equal([
      [LIFECYCLE, 'suspend', root, 'requested'],
      [LIFECYCLE, 'resume', root, undefined],
    ]);
  });

  it('tell of invocations from the wish to each kind of end', async () => {
    const session = await world.session();
    const service = await callers.service();
    const reader = await follow({ query: `?topics=${INVOCATIONS}` });
    const fields = { service_id: service, source_session_id: session, retry_policy: { max_attempts: 2 } };
    const done = await callers.invocation(fields);
    await callers.move(done, 'start');
    await callers.move(done, 'complete', { status: 'failed' });
    await callers.move(done, 'start');
    await callers.move(done, 'complete', { status: 'succeeded' });
    const waiting = await callers.invocation(fields);
    await callers.move(waiting, 'cancel');
    const overrun = await callers.invocation({ ...fields, timeout_ms: 10, retry_policy: { max_attempts: 1 } });
    await callers.move(overrun, 'start');
    world.clock.advance(10);
    const running = await callers.invocation(fields);
    await callers.move(running, 'start');
    const queued = await callers.invocation(fields);
    await world.call('DELETE', `/zones/z1/agents/${session}`);
    const seen = await reader.until((events) => events.at(-1)?.data['invocation_id'] === queued && events.length >= 15);
    const words = (id: string) =>
      seen
        .filter(({ data }) => data['invocation_id'] === id)
        .map(({ data }) => String(data['event']).replace('invocation.', ''));
    expect(words(done)).to.deep.equal(['created', 'started', 'failed', 'started', 'succeeded']);
    expect(words(waiting)).to.deep.equal(['created', 'canceled']);
    expect(words(overrun)).to.deep.equal(['created', 'started', 'timed_out']);
    expect(words(running)).to.deep.equal(['created', 'started', 'cancel_requested']);
    expect(words(queued)).to.deep.equal(['created', 'canceled']);
  });

  it('tell of edges to the issuer, the receiver and an admin, and to nobody else', async () => {
    const [source, target] = [await world.session(), await world.session()];
    const readers = {
      issuer: await follow({ query: `?topics=${EDGES}` }),
      admin: await follow({
        query: `?topics=${EDGES}`,
        token: await world.token({ app: 'app-b', scope: 'coordinator.admin' }),
      }),
      operator: await follow({ query: `?topics=${EDGES}`, token: OPERATOR_TOKEN }),
    };
    const other = await follow({ token: await world.token({ app: 'app-b' }), query: `?topics=${EDGES},${LIFECYCLE}` });
    const edge = String((await callers.delegate(source, target)).body['delegation_edge_id']);
    await world.call('PATCH', `/zones/z1/delegations/${edge}/revoke`);
    for (const reader of Object.values(readers)) {
      const seen = await reader.count(2);
      expect(seen.map(({ data }) => [data['event'], data['edge_id']])).to.deep.equal([
        ['edge_create', edge],
        ['edge_revoke', edge],
      ]);
      expect(seen[1]?.data).to.deep.include({ affected_edges: 1, affected_edge_ids: [edge] });
      expect(seen[1]?.data['source_session_id']).to.equal(source);
    }
    await other.count(1);
    expect(other.seen.map(({ topic }) => topic)).to.deep.equal([LIFECYCLE]);
  });

  it('list an expired edge in edge_ids and count it in affected_edges', async () => {
    const reader = await follow({ query: `?topics=${EDGES}`, token: OPERATOR_TOKEN });
    const sessions = [await world.session(), await world.session()] as const;
    const edge = (await callers.delegate(...sessions, { ttl_seconds: 5 })).body['delegation_edge_id'];
    world.clock.advance(5_000);
    const [, expired] = await reader.count(2);
    expect(expired?.data).to.deep.include({ event: 'edge_expire', edge_id: edge, edge_ids: [edge], affected_edges: 1 });
  });

  describe('for whoever comes back', () => {
    const history = async (): Promise<readonly SeenEvent[]> => {
      const reader = await follow();
      const root = await world.session();
      const child = await world.session({ parent_id: root });
      await suspend(root);
      await world.call('PATCH', `/zones/z1/agents/${root}/resume`);
      await callers.delegate(root, await world.session());
      await world.call('DELETE', `/zones/z1/agents/${child}`);
      return [...(await reader.until((seen) => seen.some(({ data }) => data['event'] === 'terminate')))];
    };

    it('go on behind each single event, from memory and from the journal after a restart', async () => {
      const all = await history();
      for (const restart of [false, true]) {
        if (restart) await world.restart();
        for (const [index, { id }] of all.entries()) {
          const reader = await follow(index % 2 === 0 ? { lastEventId: id } : { query: `?from=${id}` });
          const rest = all.slice(index + 1);
          await reader.count(rest.length);
          expect(reader.seen, `after ${id}`).to.deep.equal(rest);
          reader.close();
        }
      }
    });

    it('begin at the beginning from 0, and pass into what happens now without a seam', async () => {
      const all = await history();
      const reader = await follow({ query: '?from=0' });
      const id = await world.session();
      const seen = await reader.until((events) => events.some(({ data }) => data['agent_session_id'] === id));
      expect(seen.slice(0, all.length)).to.deep.equal(all);
      expect(seen.length).to.equal(all.length + 1);
    });

    for (const [what, id] of [
      ['a place that is not there yet', '99'],
      ['what is no place', 'x'],
      ['a negative place', '-1'],
      ['a place before the first entry', '0.1'],
    ] as const) {
      it(`refuse ${what}`, async () => {
        const answer = await world.call('GET', '/zones/z1/events', undefined, { headers: { 'last-event-id': id } });
        expect([answer.status, answer.body['error']]).to.deep.equal([400, 'invalid_cursor']);
      });
    }
  });

  it('refuse a topic that does not exist, and whoever has no bearer', async () => {
    const unknown = await world.call('GET', '/zones/z1/events?topics=nothing');
    expect([unknown.status, unknown.body['error']]).to.deep.equal([400, 'invalid_query']);
    const nowhere = await world.call('GET', '/zones/z1/events?from=-1');
    expect([nowhere.status, nowhere.body['error']]).to.deep.equal([400, 'invalid_query']);
    const { issues } = nowhere.body['details'] as { issues: { message: string }[] };
    expect(issues[0]?.message).to.contain('Last-Event-ID');
    const stranger = await world.call('GET', '/zones/z1/events', undefined, { token: null });
    expect([stranger.status, stranger.body['error']]).to.deep.equal([401, 'missing_token']);
    const astray = await world.call('GET', '/zones/z2/events');
    expect([astray.status, astray.body['error']]).to.deep.equal([403, 'zone_mismatch']);
  });

  it('say every fifteen seconds that they live', async () => {
    const reader = await follow();
    const alive = reader.commented();
    world.clock.advance(15_000);
    await alive;
    expect(reader.seen).to.deep.equal([]);
  });

  it('end with the bearer that they were opened with', async () => {
    const reader = await follow({ token: await world.token({ ttlSeconds: 10 }) });
    const over = reader.over();
    world.clock.advance(90_000);
    await over;
  });

  it('end when the application is archived', async () => {
    const row = { registration_method: 'managed' };
    await world.call('PUT', '/zones/z1/applications/app-a', row, { token: OPERATOR_TOKEN });
    const reader = await follow();
    const over = reader.over();
    await world.call('DELETE', '/zones/z1/applications/app-a', undefined, { token: OPERATOR_TOKEN });
    world.clock.advance(15_000);
    await over;
  });

  it('are told once those before them on their connection are, and leave nothing behind', async () => {
    const request = `GET /zones/z1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await world.token()}\r\n\r\n`;
    const following = async (count: number) => {
      const figures = () => world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
      while (!(await figures()).text.includes(`coordinator_event_subscribers ${count}\n`));
    };
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /health HTTP/1.1\r\nhost: x\r\n\r\n${request.repeat(3)}`);
    await following(1);
    socket.destroy();
    await following(0);
  });

  it('end when the process stops, which does not wait for them', async () => {
    const reader = await follow();
    const over = reader.over();
    await world.restart();
    await over;
    expect(reader.isOver).to.equal(true);
  });
});
