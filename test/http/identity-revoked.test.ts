// 401 identity_revoked: a token whose application or subject session has ended opens nothing any more, on any route, whatever
// its scopes and however its request is formed; once a name was archived, only what is issued after that counts.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type TokenWish } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { issue, verdictOf, verify } from './issuing.ts';
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

    it('that was archived stays invalid when its names are registered again; one that lapsed becomes valid', async () => {
      await registry.register(table, name);
      const list = () => world.call('GET', '/zones/z1/agents', undefined, { token });
      const isLapsed = what.endsWith('has expired');
      for (const again of [false, true]) {
        if (again) await world.restart();
        expect(refusalOf(await list())).to.deep.equal(isLapsed ? [200, undefined] : REVOKED);
        expect(verdictOf(await verify(world, { token }))).to.deep.equal(
          isLapsed ? [200] : [401, false, 'token_invalid', 'identity_revoked'],
        );
      }
    });
  });
}

describe('a token whose names were archived and registered again', () => {
  let world: World;
  let registry: Registry;
  beforeEach(async () => {
    world = await World.create();
    registry = new Registry(world);
    world.clock.advance(200);
  });
  afterEach(() => world.destroy());

  const renew = async (table: Table, name: string): Promise<void> => {
    await registry.register(table, name);
    await registry.archive(table, name);
    await registry.register(table, name);
  };
  const statusesOf = async (token: string): Promise<unknown[]> => [
    (await world.call('GET', '/zones/z1/agents', undefined, { token })).status,
    (await verify(world, { token })).status,
  ];
  const seconds = () => Math.floor(world.clock.now() / 1000);

  for (const [table, name] of [
    ['applications', 'app-a'],
    ['subject-sessions', 'user-1'],
  ] as const) {
    it(`counts when it was minted a millisecond later: ${table}`, async () => {
      const before = await world.token();
      await renew(table, name);
      expect(await statusesOf(await world.token({ sub: 'other' }))).to.deep.equal([401, 401]);
      world.clock.advance(1);
      expect(await statusesOf(await world.token())).to.deep.equal([200, 200]);
      expect(await statusesOf(before)).to.deep.equal([401, 401]);
    });

    it(`does not count with an iat in whole seconds of the same second, and does in the next: ${table}`, async () => {
      await renew(table, name);
      world.clock.advance(700);
      expect(await statusesOf(await issue(world, { sid: 'user-1', iat: seconds() }))).to.deep.equal([401, 401]);
      world.clock.advance(100);
      expect(await statusesOf(await issue(world, { sid: 'user-1', iat: seconds() }))).to.deep.equal([200, 200]);
    });

    it(`does not count without iat, as long as the name is known: ${table}`, async () => {
      const token = await issue(world, { sid: 'user-1', iat: undefined });
      await registry.register(table, name);
      expect(await statusesOf(token)).to.deep.equal([200, 200]);
      await registry.archive(table, name);
      await registry.register(table, name);
      world.clock.advance(60_000);
      expect(await statusesOf(token)).to.deep.equal([401, 401]);
    });

    it(`is judged by the last of several archives, over restarts: ${table}`, async () => {
      await renew(table, name);
      world.clock.advance(1_000);
      const between = await world.token();
      expect(await statusesOf(between)).to.deep.equal([200, 200]);
      await world.restart();
      world.clock.advance(1_000);
      await renew(table, name);
      await world.restart();
      world.clock.advance(1);
      expect(await statusesOf(between)).to.deep.equal([401, 401]);
      expect(await statusesOf(await world.token())).to.deep.equal([200, 200]);
    });
  }

  it('keeps counting where a name of the other kind was archived', async () => {
    const token = await world.token();
    await renew('applications', 'user-1');
    await renew('subject-sessions', 'app-a');
    expect(await statusesOf(token)).to.deep.equal([200, 200]);
  });
});

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
