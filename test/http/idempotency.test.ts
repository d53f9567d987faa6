// Idempotency-Key on starts: the same answer for the same request, refusals otherwise, through restarts, until it is old.
import { expect } from 'chai';
import { World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('Idempotency-Key', () => {
  let world: World;
  before(async () => {
    world = await World.create({ IDEMPOTENCY_RETENTION_SECONDS: '100', MAX_AGENT_CHILDREN: '100' });
  });
  after(() => world.destroy());

  const start = (key: string, fields: object = {}, token?: string) =>
    world.call(
      'POST',
      AGENTS,
      { application_id: 'app-a', ...fields },
      { headers: { 'idempotency-key': key }, ...(token === undefined ? {} : { token }) },
    );

  it('answers the same request again with the first answer', async () => {
    const first = await start('k1', { labels: ['a'], metadata: { x: { y: 1, z: 2 } } });
    const again = await start('k1', { metadata: { x: { z: 2, y: 1 } }, labels: ['a'] });
    expect([first.status, again.status]).to.deep.equal([201, 200]);
    expect(first.headers.get('idempotency-replayed')).to.equal(null);
    expect(again.headers.get('idempotency-replayed')).to.equal('true');
    expect(again.body).to.deep.equal(first.body);
  });

  it('answers as it was at first, also when the session is suspended since', async () => {
    const first = await start('k2');
    await world.call('PATCH', `${AGENTS}/${String(first.body['agent_session_id'])}/suspend`);
    expect((await start('k2')).body).to.deep.equal(first.body);
  });

  it('refuses the key for another request', async () => {
    await start('k3');
    const other = await start('k3', { labels: ['other'] });
    expect([other.status, other.body['error']]).to.deep.equal([409, 'idempotency_key_conflict']);
    const unlike = await start('k3', { parent_authority: 'none' });
    expect(unlike.body['error']).to.equal('idempotency_key_conflict');
  });

  it('refuses the key when what it made has ended', async () => {
    const first = await start('k4');
    await world.call('DELETE', `${AGENTS}/${String(first.body['agent_session_id'])}`);
    const again = await start('k4');
    expect([again.status, again.body['error']]).to.deep.equal([409, 'idempotency_result_inactive']);
  });

  it('belongs to the application that sent it', async () => {
    const mine = await start('k5');
    const token = await world.token({ app: 'app-b' });
    const theirs = await start('k5', { application_id: 'app-b' }, token);
    expect([mine.status, theirs.status]).to.deep.equal([201, 201]);
  });

  it('makes one session of many racing requests', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => start('k6')));
    expect(new Set(answers.map(({ body }) => body['agent_session_id'])).size).to.equal(1);
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
  });

  it('is remembered through a restart, and forgotten after its retention', async () => {
    const first = await start('k7');
    await world.restart();
    expect((await start('k7')).body).to.deep.equal(first.body);
    world.clock.advance(99_999);
    expect((await start('k7')).status).to.equal(200);
    world.clock.advance(1);
    const fresh = await start('k7');
    expect(fresh.status).to.equal(201);
    expect(fresh.body['agent_session_id']).not.to.equal(first.body['agent_session_id']);
    await world.restart();
    expect((await start('k7')).body).to.deep.equal(fresh.body);
  });

  for (const [what, key] of [
    ['empty', ''],
    ['over 255 bytes', 'k'.repeat(256)],
    ['with a control character', 'a\tb'],
  ] as const) {
    it(`refuses a key that is ${what}`, async () => {
      const { status, body } = await start(key);
      expect([status, body['error']]).to.deep.equal([400, 'idempotency_key_invalid']);
    });
  }

  it('refuses a key sent twice', async () => {
    const token = await world.token();
    const body = JSON.stringify({ application_id: 'app-a' });
    const answer = await world.raw(
      `POST ${AGENTS} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
        `idempotency-key: a\r\nidempotency-key: b\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer)
      .to.match(/^HTTP\/1.1 400/)
      .and.to.contain('idempotency_key_invalid');
  });
});
