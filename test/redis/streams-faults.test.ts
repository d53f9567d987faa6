// What consumers of the streams see when Redis is away, has lost what it knew, or holds what it should not: in the end the
// same as ever.
import { expect } from 'chai';
import { SINK_RETRY_MS_MAX } from '../../src/limits.ts';
import { TOPICS } from '../../src/zone/messages/messages.ts';
import { until } from '../process/parts/server.ts';
import { CURSORS } from './redis-server.ts';
import { overStreams, type StreamsWorld } from './streams-world.ts';

const LIFECYCLE = 'caracal.agents.lifecycle';

overStreams('the streams in a Redis that fails', (current) => {
  let streams: StreamsWorld;
  beforeEach(() => {
    streams = current();
  });

  describe('when Redis is away', () => {
    it('from the start: changes go on, figures say so, and all is told once it is there', async () => {
      await streams.redis.kill();
      await streams.begin();
      await streams.live();
      expect((await streams.world.call('GET', '/ready')).status).to.equal(200);
      expect([await streams.figure('sink_connected'), await streams.figure('sink_messages_total')]).to.deep.equal([
        0, 0,
      ]);
      expect(await streams.figure('sink_lag_entries')).to.equal(Number(await streams.headOf()));
      expect(await streams.outbox()).to.deep.equal({ pending: null, dead: 0 });
      await streams.redis.start();
      await streams.expectSameAsEvents();
      await streams.figureIs('sink_lag_entries', 0);
      expect(await streams.outbox()).to.deep.equal({ pending: 0, dead: 0 });
      expect(await streams.figure('sink_connected')).to.equal(1);
      const told = await streams.redis.everything();
      expect(await streams.figure('sink_messages_total')).to.equal(Object.values(told).flat().length);
    });

    it('across a restart: what waits is unknown until Redis is there, and not 0', async () => {
      await streams.begin();
      await streams.live();
      await streams.toldAll();
      expect(await streams.outbox()).to.deep.equal({ pending: 0, dead: 0 });
      await streams.redis.kill();
      const before = Number(await streams.headOf());
      await streams.live();
      expect(await streams.outbox()).to.deep.equal({ pending: Number(await streams.headOf()) - before, dead: 0 });
      await streams.world.restart();
      await streams.headOf();
      expect(await streams.outbox()).to.deep.equal({ pending: null, dead: 0 });
      await streams.redis.start();
      await streams.toldAll();
      await streams.figureIs('sink_lag_entries', 0);
      expect(await streams.outbox()).to.deep.equal({ pending: 0, dead: 0 });
    });

    it('again and again in the middle of it: nothing is lost and nothing doubled', async () => {
      await streams.begin();
      for (let round = 0; round < 5; round += 1) {
        const work = Promise.all(
          Array.from({ length: 60 }, () => streams.world.session({ labels: [`round-${round}`] })),
        );
        await until(
          () => streams.redis.client.xlen(LIFECYCLE),
          (length) => length > round * 60,
        );
        await streams.redis.kill();
        await work;
        await streams.live();
        await streams.redis.start();
      }
      await streams.expectSameAsEvents();
    });

    it('at the stop: what was not told is told after the next start, to zones that sleep', async () => {
      await streams.begin();
      await streams.redis.kill();
      // No service among them: a zone that hears services does not sleep.
      const root = await streams.world.session();
      await streams.world.session({ parent_id: root });
      await streams.world.call('PATCH', `/zones/z1/agents/${root}/suspend`);
      const head = await streams.headOf();
      await streams.world.stop();
      await streams.redis.start();
      await streams.world.start();
      await until(
        () => streams.redis.cursor('z1'),
        (cursor) => cursor === head,
      );
      expect(await streams.figureIs('zones_awake', 0)).to.equal(0);
      await streams.expectSameAsEvents();
    });
  });

  it('are told what they missed while Redis hung, which holds up neither changes nor a stop', async () => {
    await streams.begin();
    await streams.live();
    await streams.toldAll();
    streams.redis.freeze();
    await streams.live();
    expect((await streams.world.call('GET', '/ready')).status).to.equal(200);
    await streams.world.stop();
    // What was sent into the silence is carried out now, and nobody hears of it.
    streams.redis.thaw();
    await streams.world.start();
    await streams.expectSameAsEvents();
  });

  it('are filled again from the journal where Redis lost everything', async () => {
    await streams.begin();
    await streams.live();
    await streams.toldAll();
    await streams.redis.replace();
    await streams.expectSameAsEvents();
  });

  it('tell what Redis lost again, under the same ids, without anything new happening', async () => {
    await streams.begin();
    await streams.live();
    await streams.toldAll();
    const before = await streams.redis.everything();
    // As a replica that lags takes over: the messages of the last entries are gone, and the cursor with them.
    await streams.redis.client.del(...TOPICS);
    await streams.redis.client.hset(CURSORS, 'z1', '0');
    await streams.redis.kill();
    await streams.redis.start();
    await streams.toldAll();
    expect(await streams.redis.everything()).to.deep.equal(before);
  });

  it('go on from the end of a journal that ends before what was told', async () => {
    await streams.begin();
    await streams.live();
    await streams.toldAll();
    const before = await streams.redis.messages(LIFECYCLE);
    await streams.world.stop();
    await streams.redis.client.hset(CURSORS, 'z1', '999');
    await streams.world.start();
    const id = await streams.world.session();
    await streams.toldAll();
    const told = await streams.redis.messages(LIFECYCLE);
    expect(told.slice(before.length).map((each) => each['agent_session_id'])).to.deep.equal([id]);
  });

  it('tell what has happened since to a journal that ends before what was told, though Redis was away meanwhile', async () => {
    await streams.begin();
    await streams.live();
    await streams.toldAll();
    const before = await streams.redis.messages(LIFECYCLE);
    await streams.redis.client.hset(CURSORS, 'z1', '999');
    await streams.world.stop();
    await streams.redis.kill();
    await streams.world.start();
    const ids = [await streams.world.session(), await streams.world.session()];
    await streams.redis.start();
    await streams.toldAll();
    const told = await streams.redis.messages(LIFECYCLE);
    expect(told.slice(before.length).map((each) => each['agent_session_id'])).to.deep.equal(ids);
  });

  it('wait for the operator where a key is of another kind, and have lost nothing then', async () => {
    await streams.begin();
    await streams.redis.client.set(LIFECYCLE, 'not a stream');
    await streams.world.session();
    await streams.failed();
    expect(await streams.redis.cursor('z1')).to.equal(null);
    await streams.redis.client.del(LIFECYCLE);
    streams.world.clock.advance(SINK_RETRY_MS_MAX);
    await streams.expectSameAsEvents();
  });

  it('wait for the operator where a cursor is no place in a journal', async () => {
    await streams.redis.client.hset(CURSORS, 'z1', 'somewhere');
    await streams.begin();
    await streams.world.session();
    await streams.failed();
    await streams.redis.client.hdel(CURSORS, 'z1');
    streams.world.clock.advance(SINK_RETRY_MS_MAX);
    await streams.expectSameAsEvents();
  });
});
