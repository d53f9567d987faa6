// What consumers of the streams see, with a real Redis: every topic in order and with the fields of the wire, the same as
// the readers of the event stream.
import { expect } from 'chai';
import { signatureOf } from '../../src/sink/stream-message.ts';
import { TOPICS } from '../../src/zone/messages/messages.ts';
import { CURSORS } from './redis-server.ts';
import { overStreams, type StreamsWorld } from './streams-world.ts';

const LIFECYCLE = 'caracal.agents.lifecycle';
const REVOKE = 'caracal.sessions.revoke';
const KEY = '0f'.repeat(32);

overStreams('the streams in Redis', (current) => {
  let streams: StreamsWorld;
  beforeEach(() => {
    streams = current();
  });

  it('carry every topic in order, as the event stream tells it', async () => {
    await streams.begin();
    await streams.live();
    await streams.expectSameAsEvents();
    for (const topic of TOPICS) expect(await streams.redis.messages(topic), topic).not.to.have.length(0);
  });

  it('name each message and each occurrence, and sign where there is a key', async () => {
    await streams.begin({ STREAMS_HMAC_KEY: KEY });
    const id = await streams.world.session();
    await streams.world.call('PATCH', `/zones/z1/agents/${id}/suspend`);
    await streams.toldAll();
    const [spawn, suspend] = await streams.redis.messages(LIFECYCLE);
    const at = streams.world.clock.now();
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
    const [revoke] = await streams.redis.messages(REVOKE);
    expect(revoke).to.include({ session_id: 'user-1', agent_session_id: id, outbox_id: `z1/2.1@${at}` });
  });

  it('take a subtree of more messages than one step', async () => {
    await streams.begin({ MAX_AGENT_CHILDREN: '1000' });
    const root = await streams.world.session();
    await Promise.all(Array.from({ length: 300 }, () => streams.world.session({ parent_id: root })));
    await streams.world.call('DELETE', `/zones/z1/agents/${root}`);
    await streams.expectSameAsEvents();
    expect(await streams.redis.messages(REVOKE)).to.have.length(301);
  });

  it('hold about as many messages as they may', async () => {
    await streams.begin({ STREAMS_MAXLEN: '50' });
    for (let n = 0; n < 40; n += 1) await Promise.all(Array.from({ length: 10 }, () => streams.world.session()));
    await streams.toldAll();
    // Redis lets go of whole nodes, of a hundred messages each.
    expect(await streams.redis.client.xlen(LIFECYCLE)).to.be.within(50, 150);
  });

  it('keep the order of each of many zones', async () => {
    await streams.begin();
    const zones = Array.from({ length: 40 }, (_, index) => `zone-${index}`);
    const started = new Map<string, string[]>(zones.map((zone) => [zone, []]));
    const fill = async (zone: string) => {
      const token = await streams.world.token({ zone });
      for (let n = 0; n < 10; n += 1) {
        const path = `/zones/${zone}/agents`;
        const { body } = await streams.world.call('POST', path, { application_id: 'app-a' }, { token });
        started.get(zone)?.push(String(body['agent_session_id']));
      }
    };
    await Promise.all(zones.map(fill));
    for (const zone of zones) await streams.toldAll(zone);
    const told = await streams.redis.messages(LIFECYCLE);
    for (const [zone, ids] of started)
      expect(told.filter(({ zone_id: of }) => of === zone).map((each) => each['agent_session_id'])).to.deep.equal(ids);
  });

  it('are complete when a stop has ended', async () => {
    await streams.begin();
    await Promise.all(Array.from({ length: 100 }, () => streams.world.session()));
    await streams.world.stop();
    expect(await streams.redis.messages(LIFECYCLE)).to.have.length(100);
    expect(await streams.redis.cursor('z1')).to.equal('100');
  });

  describe('of a zone with a history from before they were wanted', () => {
    beforeEach(async () => {
      await streams.begin({ REDIS_URL: '' });
      await streams.live();
    });

    it('begin at its beginning', async () => {
      await streams.world.restart({ REDIS_URL: streams.redis.url });
      await streams.expectSameAsEvents();
    });

    it('begin behind the entry that a cursor names', async () => {
      await streams.redis.client.hset(CURSORS, 'z1', await streams.headOf());
      await streams.world.restart({ REDIS_URL: streams.redis.url });
      const id = await streams.world.session();
      await streams.toldAll();
      expect((await streams.redis.messages(LIFECYCLE)).map((each) => each['agent_session_id'])).to.deep.equal([id]);
    });
  });
});
