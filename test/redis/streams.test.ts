// What consumers of the streams see, with a real Redis: every topic in order and with the fields of the wire, the same as
// the readers of the event stream, and the same whatever happens to Redis.
import { expect } from 'chai';
import { SINK_RETRY_MS_MAX } from '../../src/limits.ts';
import { signatureOf } from '../../src/sink/stream-message.ts';
import { TOPICS } from '../../src/zone/messages.ts';
import { Callers } from '../http/callers.ts';
import { EventReader } from '../http/event-reader.ts';
import { until } from '../process/server.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { CURSORS, needRedis, RedisServer, type Fields } from './redis-server.ts';

const LIFECYCLE = 'caracal.agents.lifecycle';
const REVOKE = 'caracal.sessions.revoke';
const KEY = '0f'.repeat(32);

const payloadOf = ({ outbox_id: _id, dedupe_key: _key, _sig, ...payload }: Fields): Fields => payload;

/** A payload of the event stream in the fields of a message. */
const fieldsOf = (data: Readonly<Record<string, unknown>>): Fields =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );

describe('the streams in Redis', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let world: World;
  let callers: Callers;

  before(function () {
    needRedis(this);
  });

  const begin = async (environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    world = await World.create({ REDIS_URL: redis.url, ...environment });
    callers = new Callers(world);
  };

  beforeEach(async () => {
    redis = await RedisServer.start();
  });

  afterEach(async () => {
    await world.destroy();
    await redis.destroy();
  });

  const headOf = async (zone = 'z1'): Promise<string> => {
    const { headers } = await world.call('GET', `/zones/${zone}/agents?limit=1`, undefined, { token: OPERATOR_TOKEN });
    return headers.get('coordinator-seq') ?? '';
  };

  /** Resolves once Redis was told everything there is. */
  const toldAll = async (zone = 'z1'): Promise<void> => {
    const head = await headOf(zone);
    await until(
      () => redis.cursor(zone),
      (cursor) => cursor === head,
    );
  };

  const figure = async (name: string): Promise<number> => {
    const { text } = await world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    return Number(new RegExp(`^coordinator_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };

  const figureIs = (name: string, value: number): Promise<number> =>
    until(
      () => figure(name),
      (seen) => seen === value,
    );

  /** What the event stream tells of the zone from its beginning, by topic, in the fields of messages. */
  const streamed = async (): Promise<Record<string, Fields[]>> => {
    const reader = await EventReader.open(world.url, { token: OPERATOR_TOKEN, query: '?from=0' });
    const marker = await world.session({ labels: ['last'] });
    const seen = await reader.until((events) => events.some(({ data }) => data['agent_session_id'] === marker));
    reader.close();
    const byTopic = TOPICS.map((topic) => [
      topic,
      seen.filter((event) => event.topic === topic).map(({ data }) => fieldsOf(data)),
    ]);
    return Object.fromEntries(byTopic);
  };

  /** Consumers have seen what the readers of the event stream have, each message once and in order. */
  const expectSameAsEvents = async (): Promise<void> => {
    const events = await streamed();
    await toldAll();
    const told = await redis.everything();
    for (const topic of TOPICS) expect(told[topic]?.map(payloadOf), topic).to.deep.equal(events[topic]);
    const ids = Object.values(told).flatMap((messages) => messages.map(({ outbox_id: id }) => id));
    expect(new Set(ids).size).to.equal(ids.length);
  };

  /** Something of every topic. */
  const live = async (): Promise<void> => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const other = await world.session({ subject_session_id: 'user-2' });
    await callers.delegate(other, child);
    const service = await callers.service();
    const invocation = await callers.invocation({ service_id: service, source_session_id: child });
    await callers.move(invocation, 'start');
    await world.call('PATCH', `/zones/z1/agents/${root}/suspend`);
    await world.call('PATCH', `/zones/z1/agents/${root}/resume`);
    await world.call('DELETE', `/zones/z1/agents/${other}`);
    await world.call('DELETE', `/zones/z1/agents/${root}`);
  };

  it('carry every topic in order, as the event stream tells it', async () => {
    await begin();
    await live();
    await expectSameAsEvents();
    for (const topic of TOPICS) expect(await redis.messages(topic), topic).not.to.have.length(0);
  });

  it('name each message and each occurrence, and sign where there is a key', async () => {
    await begin({ STREAMS_HMAC_KEY: KEY });
    const id = await world.session();
    await world.call('PATCH', `/zones/z1/agents/${id}/suspend`);
    await toldAll();
    const [spawn, suspend] = await redis.messages(LIFECYCLE);
    const at = world.clock.now();
    const { _sig: signature, ...fields } = suspend ?? {};
    expect(fields).to.deep.equal({
      event: 'suspend',
      zone_id: 'z1',
      agent_session_id: id,
      parent_id: 'null',
      application_id: 'app-a',
      reason: 'requested',
      outbox_id: `z1/2.0@${at}`,
      dedupe_key: `suspend:${id}:${at}`,
    });
    expect(signature).to.equal(signatureOf(LIFECYCLE, fields, Buffer.from(KEY, 'hex')));
    expect(spawn?.['_sig'])
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.to.equal(signature);
    const [revoke] = await redis.messages(REVOKE);
    expect(revoke).to.include({ session_id: 'user-1', agent_session_id: id, outbox_id: `z1/2.1@${at}` });
  });

  it('take a subtree of more messages than one step', async () => {
    await begin({ MAX_AGENT_CHILDREN: '1000' });
    const root = await world.session();
    await Promise.all(Array.from({ length: 300 }, () => world.session({ parent_id: root })));
    await world.call('DELETE', `/zones/z1/agents/${root}`);
    await expectSameAsEvents();
    expect(await redis.messages(REVOKE)).to.have.length(301);
  });

  it('hold about as many messages as they may', async () => {
    await begin({ STREAMS_MAXLEN: '50' });
    for (let n = 0; n < 40; n += 1) await Promise.all(Array.from({ length: 10 }, () => world.session()));
    await toldAll();
    // Redis lets go of whole nodes, of a hundred messages each.
    expect(await redis.client.xlen(LIFECYCLE)).to.be.within(50, 150);
  });

  it('keep the order of each of many zones', async () => {
    await begin();
    const zones = Array.from({ length: 40 }, (_, index) => `zone-${index}`);
    const started = new Map<string, string[]>(zones.map((zone) => [zone, []]));
    const fill = async (zone: string) => {
      const token = await world.token({ zone });
      for (let n = 0; n < 10; n += 1) {
        const path = `/zones/${zone}/agents`;
        const { body } = await world.call('POST', path, { application_id: 'app-a' }, { token });
        started.get(zone)?.push(String(body['agent_session_id']));
      }
    };
    await Promise.all(zones.map(fill));
    for (const zone of zones) await toldAll(zone);
    const told = await redis.messages(LIFECYCLE);
    for (const [zone, ids] of started)
      expect(told.filter(({ zone_id: of }) => of === zone).map((each) => each['agent_session_id'])).to.deep.equal(ids);
  });

  describe('when Redis is away', () => {
    it('from the start: changes go on, figures say so, and all is told once it is there', async () => {
      await redis.kill();
      await begin();
      await live();
      expect((await world.call('GET', '/ready')).status).to.equal(200);
      expect([await figure('sink_connected'), await figure('sink_messages_total')]).to.deep.equal([0, 0]);
      expect(await figure('sink_lag_entries')).to.equal(Number(await headOf()));
      await redis.start();
      await expectSameAsEvents();
      await figureIs('sink_lag_entries', 0);
      expect(await figure('sink_connected')).to.equal(1);
      const told = await redis.everything();
      expect(await figure('sink_messages_total')).to.equal(Object.values(told).flat().length);
    });

    it('again and again in the middle of it: nothing is lost and nothing doubled', async () => {
      await begin();
      for (let round = 0; round < 5; round += 1) {
        const work = Promise.all(Array.from({ length: 60 }, () => world.session({ labels: [`round-${round}`] })));
        await until(
          () => redis.client.xlen(LIFECYCLE),
          (length) => length > round * 60,
        );
        await redis.kill();
        await work;
        await live();
        await redis.start();
      }
      await expectSameAsEvents();
    });

    it('at the stop: what was not told is told after the next start, to zones that sleep', async () => {
      await begin();
      await redis.kill();
      // No service among them: a zone that hears services does not sleep.
      const root = await world.session();
      await world.session({ parent_id: root });
      await world.call('PATCH', `/zones/z1/agents/${root}/suspend`);
      const head = await headOf();
      await world.stop();
      await redis.start();
      await world.start();
      await until(
        () => redis.cursor('z1'),
        (cursor) => cursor === head,
      );
      expect(await figureIs('zones_awake', 0)).to.equal(0);
      await expectSameAsEvents();
    });
  });

  it('are complete when a stop has ended', async () => {
    await begin();
    await Promise.all(Array.from({ length: 100 }, () => world.session()));
    await world.stop();
    expect(await redis.messages(LIFECYCLE)).to.have.length(100);
    expect(await redis.cursor('z1')).to.equal('100');
  });

  it('are filled again from the journal where Redis lost everything', async () => {
    await begin();
    await live();
    await toldAll();
    await redis.replace();
    await expectSameAsEvents();
  });

  it('tell what Redis lost again, under the same ids, without anything new happening', async () => {
    await begin();
    await live();
    await toldAll();
    const before = await redis.everything();
    // As a replica that lags takes over: the messages of the last entries are gone, and the cursor with them.
    await redis.client.del(...TOPICS);
    await redis.client.hset(CURSORS, 'z1', '0');
    await redis.kill();
    await redis.start();
    await toldAll();
    expect(await redis.everything()).to.deep.equal(before);
  });

  describe('of a zone with a history from before they were wanted', () => {
    beforeEach(async () => {
      await begin({ REDIS_URL: '' });
      await live();
    });

    it('begin at its beginning', async () => {
      await world.restart({ REDIS_URL: redis.url });
      await expectSameAsEvents();
    });

    it('begin behind the entry that a cursor names', async () => {
      await redis.client.hset(CURSORS, 'z1', await headOf());
      await world.restart({ REDIS_URL: redis.url });
      const id = await world.session();
      await toldAll();
      expect((await redis.messages(LIFECYCLE)).map((each) => each['agent_session_id'])).to.deep.equal([id]);
    });
  });

  it('go on from the end of a journal that ends before what was told', async () => {
    await begin();
    await live();
    await toldAll();
    const before = await redis.messages(LIFECYCLE);
    await world.stop();
    await redis.client.hset(CURSORS, 'z1', '999');
    await world.start();
    const id = await world.session();
    await toldAll();
    const told = await redis.messages(LIFECYCLE);
    expect(told.slice(before.length).map((each) => each['agent_session_id'])).to.deep.equal([id]);
  });

  it('wait for the operator where a key is of another kind, and have lost nothing then', async () => {
    await begin();
    await redis.client.set(LIFECYCLE, 'not a stream');
    await world.session();
    await until(
      () => figure('sink_failures_total'),
      (failures) => failures > 0,
    );
    expect(await redis.cursor('z1')).to.equal(null);
    await redis.client.del(LIFECYCLE);
    world.clock.advance(SINK_RETRY_MS_MAX);
    await expectSameAsEvents();
  });

  it('wait for the operator where a cursor is no place in a journal', async () => {
    await redis.client.hset(CURSORS, 'z1', 'somewhere');
    await begin();
    await world.session();
    await until(
      () => figure('sink_failures_total'),
      (failures) => failures > 0,
    );
    await redis.client.hdel(CURSORS, 'z1');
    world.clock.advance(SINK_RETRY_MS_MAX);
    await expectSameAsEvents();
  });
});
