// 401 identity_revoked: a token whose application or subject session has ended opens nothing any more, on any route, whatever
// its scopes and however its request is formed; and it does so again once its names count again.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type TokenWish } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Registry, type Table } from './registry.ts';

const REVOKED = [401, 'identity_revoked'];

/** Requests of every kind: all would be answered otherwise if anything but the identity were looked at first. */
const requests: readonly [string, string, string, object | string | undefined][] = [
  ['a list', 'GET', '/zones/z1/agents', undefined],
  ['a session that is not there', 'GET', '/zones/z1/agents/nothing', undefined],
  ['a history', 'GET', '/zones/z1/agents/nothing/history', undefined],
  ['a cursor that names nothing', 'GET', '/zones/z1/invocations?cursor=nothing', undefined],
  ['the services', 'GET', '/zones/z1/agent-services', undefined],
  ['the active edges', 'GET', '/zones/z1/delegations/active', undefined],
  ['an ill-formed query', 'GET', '/zones/z1/agents?limit=x', undefined],
  ['an ill-formed id', 'GET', '/zones/z1/agents/a%20b', undefined],
  ['a start', 'POST', '/zones/z1/agents', { application_id: 'app-a' }],
  ['a start for another application', 'POST', '/zones/z1/agents', { application_id: 'app-b' }],
  ['a start without its body', 'POST', '/zones/z1/agents', {}],
  ['a start that is not JSON', 'POST', '/zones/z1/agents', '{nope'],
  ['a registration without its body', 'POST', '/zones/z1/agent-services', {}],
  ['a heartbeat of nothing', 'POST', '/zones/z1/agents/nothing/heartbeat', { status: 'odd' }],
  ['a suspension', 'PATCH', '/zones/z1/agents/nothing/suspend', undefined],
  ['an end', 'DELETE', '/zones/z1/agents/nothing', undefined],
  ['an end with an empty reason', 'DELETE', '/zones/z1/agents/nothing?reason=', undefined],
  ['an invocation without its body', 'POST', '/zones/z1/invocations', {}],
  ['a delegation with a wrong constraint', 'POST', '/zones/z1/delegations', { constraints: { odd: 1 } }],
  ['a revocation', 'PATCH', '/zones/z1/delegations/nothing/revoke', undefined],
  ['/v1/begin', 'POST', '/v1/begin', { zone_id: 'z1', application_id: 'app-a' }],
  ['/v1/begin without a zone', 'POST', '/v1/begin', { application_id: 'app-a' }],
  ['/v1/end', 'POST', '/v1/end', { zone_id: 'z1', agent_session_id: 'nothing' }],
  ['/v1/exchange without its body', 'POST', '/v1/exchange', {}],
];

const endings: readonly [string, Table, string, (registry: Registry, world: World) => Promise<unknown>][] = [
  ['application was archived', 'applications', 'app-a', (registry) => registry.archive('applications', 'app-a')],
  [
    'subject session was archived',
    'subject-sessions',
    'user-1',
    (registry) => registry.archive('subject-sessions', 'user-1'),
  ],
  [
    'application has expired',
    'applications',
    'app-a',
    (registry, world) => expire(registry, world, 'applications', 'app-a'),
  ],
  [
    'subject session has expired',
    'subject-sessions',
    'user-1',
    (registry, world) => expire(registry, world, 'subject-sessions', 'user-1'),
  ],
];

const expire = async (registry: Registry, world: World, table: Table, name: string): Promise<void> => {
  await registry.put(table, name, { expires_at: new Date(world.clock.now() + 1_000).toISOString() });
  world.clock.advance(1_000);
};

for (const [what, table, name, end] of endings) {
  describe(`a token whose ${what}`, () => {
    let world: World;
    let registry: Registry;
    let token: string;
    before(async () => {
      world = await World.create();
      registry = new Registry(world);
      await registry.register(table, name);
      token = await world.token({ scope: 'coordinator.admin' });
      // Known to be good, as most tokens are when their end comes.
      expect((await world.call('GET', '/zones/z1/agents', undefined, { token })).status).to.equal(200);
      await end(registry, world);
    });
    after(() => world.destroy());

    for (const [asked, method, path, body] of requests) {
      it(`is refused with ${asked}`, async () => {
        const answer = await world.call(method, path, body, { token });
        expect(refusalOf(answer)).to.deep.equal(REVOKED);
        expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
      });
    }

    it('is refused with a body that is too large or of another type, or a key that is none', async () => {
      const post = (content: string, headers: Record<string, string>) =>
        world.call('POST', '/zones/z1/agents', content, { token, headers });
      expect(refusalOf(await post('{}', { 'content-type': 'text/plain' }))).to.deep.equal(REVOKED);
      expect(refusalOf(await post('{}', { 'idempotency-key': 'x'.repeat(256) }))).to.deep.equal(REVOKED);
      expect(refusalOf(await post(`{"a":"${'x'.repeat(1_100_000)}"}`, {}))).to.deep.equal(REVOKED);
    });

    it('is told first that a zone is another, where the same names may count', async () => {
      const elsewhere = await world.call('GET', '/zones/z2/agents', undefined, { token });
      expect(refusalOf(elsewhere)).to.deep.equal([403, 'zone_mismatch']);
      const twin = await world.token({ zone: 'z2' });
      expect((await world.call('GET', '/zones/z2/agents', undefined, { token: twin })).status).to.equal(200);
    });

    it('changes nothing, is refused after a restart too, and leaves the operator alone', async () => {
      const seq = async () => (await registry.list(table)).headers.get('coordinator-seq');
      const before = await seq();
      await world.call('POST', '/zones/z1/agents', { application_id: 'app-a' }, { token });
      expect(await seq()).to.equal(before);
      await world.restart();
      expect(refusalOf(await world.call('GET', '/zones/z1/agents', undefined, { token }))).to.deep.equal(REVOKED);
      const operator = await world.call('GET', '/zones/z1/agents', undefined, { token: OPERATOR_TOKEN });
      expect(operator.status).to.equal(200);
    });

    it('counts again when what it names is registered anew', async () => {
      await registry.register(table, name);
      expect((await world.call('GET', '/zones/z1/agents', undefined, { token })).status).to.equal(200);
    });
  });
}

describe('a token of others', () => {
  let world: World;
  before(async () => {
    world = await World.create();
    const registry = new Registry(world);
    await registry.register('applications', 'app-gone');
    await registry.register('subject-sessions', 'user-gone');
    await registry.archive('applications', 'app-gone');
    await registry.archive('subject-sessions', 'user-gone');
  });
  after(() => world.destroy());

  const wishes: readonly [string, TokenWish, number][] = [
    ['neither name', {}, 200],
    ['no subject session', { sid: null }, 200],
    ['the subject session under the name of the application', { sid: 'app-gone' }, 200],
    ['the application under the name of the subject session', { app: 'user-gone' }, 200],
    ['the ended application alone', { app: 'app-gone', sid: null }, 401],
    ['the ended subject session under another application', { app: 'app-b', sid: 'user-gone' }, 401],
    ['the ended application, by its subject', { sub: 'app-gone' }, 200],
  ];
  for (const [what, wish, status] of wishes) {
    it(`is ${status === 200 ? 'taken' : 'refused'} when it has ${what}`, async () => {
      const answer = await world.call('GET', '/zones/z1/agents', undefined, { token: await world.token(wish) });
      expect(answer.status).to.equal(status);
      if (status === 401) expect(refusalOf(answer)).to.deep.equal(REVOKED);
    });
  }
});

describe('an identity at its last instant', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  it('counts a millisecond before its expiry, and not on it', async () => {
    const registry = new Registry(world);
    await registry.put('subject-sessions', 'user-1', {
      expires_at: new Date(world.clock.now() + 60_000).toISOString(),
    });
    world.clock.advance(59_999);
    expect((await world.call('GET', '/zones/z1/agents')).status).to.equal(200);
    world.clock.advance(1);
    expect(refusalOf(await world.call('GET', '/zones/z1/agents'))).to.deep.equal(REVOKED);
  });
});
