// Idempotency-Key on delegations, and looking at a delegation without making it.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const REPLAYED = 'idempotency-replayed';
const CONFLICT = [409, 'idempotency_key_conflict'];
const INACTIVE = [409, 'idempotency_result_inactive'];

describe('a delegation', () => {
  let world: World;
  let delegators: Delegators;
  let keys = 0;
  before(async () => {
    world = await World.create({ IDEMPOTENCY_RETENTION_SECONDS: '1000' });
    delegators = new Delegators(world);
  });
  after(() => world.destroy());

  const freshKey = () => `key-${(keys += 1)}`;
  const keyed = async (key: string, app = 'app-a', scope = '') => ({
    ...(await delegators.as(app, scope)),
    headers: { 'idempotency-key': key },
  });

  /** A request that can be sent again, with other fields or by another application. */
  const request = async (fields: object = {}) => {
    const [[source, target], key] = [await delegators.pair(), freshKey()];
    const send = async (other: object = {}, app?: string, scope?: string) =>
      delegators.delegate(source, target, { ...fields, ...other }, await keyed(key, app, scope));
    return { source, target, key, send };
  };

  describe('under a key', () => {
    it('is made once, and answered again as it was at first', async () => {
      const { target, send } = await request({ constraints: { budget: 3, max_hops: 2 }, scopes: ['a', 'b'] });
      const first = await send();
      world.clock.advance(1_500);
      const again = await send();
      expect([first.status, first.headers.get(REPLAYED)]).to.deep.equal([201, null]);
      expect([again.status, again.headers.get(REPLAYED)]).to.deep.equal([201, 'true']);
      expect(again.body).to.deep.equal(first.body);
      expect(await delegators.inbound(target)).to.have.length(1);
    });

    it('is the same whatever order its fields and constraints come in, and in whichever of two places', async () => {
      const { send } = await request();
      const first = await send({ constraints: { budget: 3, max_hops: 2 } });
      const again = await send({ constraints: { max_hops: 2, budget: 3 } });
      const moved = await send({ constraints_json: { max_hops: 2, budget: 9 }, constraints: { budget: 3 } });
      for (const each of [again, moved]) expect(each.body).to.deep.equal(first.body);
    });

    it('is made once of many that race', async () => {
      const { send, target } = await request();
      const answers = await Promise.all(Array.from({ length: 20 }, () => send()));
      expect(new Set(answers.map(({ body }) => body['delegation_edge_id'])).size).to.equal(1);
      expect(answers.filter(({ headers }) => headers.get(REPLAYED) === null)).to.have.length(1);
      expect(await delegators.inbound(target)).to.have.length(1);
    });

    it('is answered as at first after a restart, and while a session of it is suspended', async () => {
      const { send, source } = await request();
      const first = await send();
      await world.restart();
      await world.call('PATCH', `/zones/z1/agents/${source}/suspend`);
      expect((await send()).body).to.deep.equal(first.body);
    });

    it('tells how many edges its source held then, not now', async () => {
      const { send, source } = await request();
      const first = await send();
      await delegators.edge(await delegators.session(), source);
      expect((await send()).body).to.deep.equal(first.body);
    });

    for (const [what, other] of [
      ['scopes', { scopes: ['write'] }],
      ['scopes in another order', { scopes: ['b', 'a'] }],
      ['time', { ttl_seconds: 61 }],
      ['instant', { expires_at: '2026-06-01T00:00:00Z' }],
      ['resource', { resource_id: 'resource-2' }],
      ['constraints', { constraints: { budget: 2 } }],
      ['target', { target_session_id: 'another' }],
      ['parent', { parent_edge_id: 'another' }],
    ] as const) {
      it(`conflicts with one of other ${what}`, async () => {
        const { send } = await request({ scopes: ['a', 'b'], ttl_seconds: 60 });
        const first = await send();
        expect(refusalOf(await send(other))).to.deep.equal(CONFLICT);
        expect((await send()).body).to.deep.equal(first.body);
      });
    }

    it('is not made again once it was revoked', async () => {
      const { send, source, target } = await request();
      await delegators.revoke(String((await send()).body['delegation_edge_id']));
      expect(refusalOf(await send())).to.deep.equal(INACTIVE);
      await world.restart();
      expect(refusalOf(await send())).to.deep.equal(INACTIVE);
      expect((await delegators.delegate(source, target)).body['error']).to.equal('delegation_endpoint_not_found');
    });

    it('is not made again once it has run out, or a session of it has ended', async () => {
      const short = await request({ ttl_seconds: 1 });
      await short.send();
      world.clock.advance(1_000);
      expect(refusalOf(await short.send())).to.deep.equal(INACTIVE);
      const cut = await request();
      await cut.send();
      await world.call('DELETE', `/zones/z1/agents/${cut.source}`);
      expect(refusalOf(await cut.send())).to.deep.equal(INACTIVE);
    });

    it('belongs to the application that sent it, whoever issues', async () => {
      const { send } = await request();
      const first = await send();
      const other = await send({}, 'app-c', 'coordinator.delegate_from:app-a');
      expect([other.status, other.headers.get(REPLAYED)]).to.deep.equal([201, null]);
      expect(other.body['delegation_edge_id']).not.to.equal(first.body['delegation_edge_id']);
    });

    it('is answered to nobody who may not make it, nor for a body that is not well formed', async () => {
      const { send } = await request();
      expect((await send({}, 'app-c', 'coordinator.delegate_from:app-a')).status).to.equal(201);
      expect(refusalOf(await send({}, 'app-c'))).to.deep.equal([403, 'issuer_ownership_required']);
      const bad = await send({ constraints: { budget: 0 } }, 'app-c', 'coordinator.delegate_from:app-a');
      expect(refusalOf(bad)).to.deep.equal([400, 'invalid_budget']);
    });

    it('shares its key with no session', async () => {
      const { send, key } = await request();
      await world.call('POST', '/zones/z1/agents', { application_id: 'app-a' }, await keyed(key));
      expect((await send()).headers.get(REPLAYED)).to.equal(null);
    });

    it('leaves its key free when it is refused', async () => {
      const { send } = await request();
      expect((await send({ target_session_id: 'nobody' })).status).to.equal(404);
      expect((await send()).status).to.equal(201);
    });

    it('is forgotten with its key after the retention', async () => {
      const { send } = await request();
      const first = await send();
      world.clock.advance(999_999);
      expect((await send()).body).to.deep.equal(first.body);
      world.clock.advance(1);
      const fresh = await send();
      expect([fresh.status, fresh.headers.get(REPLAYED)]).to.deep.equal([201, null]);
      expect(fresh.body['delegation_edge_id']).not.to.equal(first.body['delegation_edge_id']);
    });

    for (const key of ['', 'k'.repeat(256), 'a\tb']) {
      it(`is refused for the key ${JSON.stringify(key).slice(0, 8)}`, async () => {
        const answer = await delegators.delegate(...(await delegators.pair()), {}, await keyed(key));
        expect(refusalOf(answer)).to.deep.equal([400, 'idempotency_key_invalid']);
      });
    }
  });

  describe('that is only looked at', () => {
    it('answers as it would be, and is not there', async () => {
      const [source, target] = await delegators.pair();
      const before = await world.call('GET', '/zones/z1/delegations/active');
      const looked = await delegators.look(source, target, { constraints: { max_hops: 2 } });
      const after = await world.call('GET', '/zones/z1/delegations/active');
      expect([looked.status, looked.body['dry_run']]).to.deep.equal([200, true]);
      expect(after.body).to.deep.equal(before.body);
      expect(after.headers.get('coordinator-seq')).to.equal(before.headers.get('coordinator-seq'));
      const made = await delegators.delegate(source, target, { constraints: { max_hops: 2 } });
      for (const part of [
        'expires_at',
        'scopes',
        'constraints_json',
        'warnings',
        'allow_reason',
        'effective_authority',
      ]) {
        expect(looked.body[part], part).to.deep.equal(made.body[part]);
      }
      expect(made.body).not.to.have.property('dry_run');
    });

    it('takes the place of nothing: what follows is made as if it had not been', async () => {
      const [source, target, last] = [...(await delegators.pair()), await delegators.session()];
      await delegators.look(source, target);
      const { body } = await delegators.delegate(target, last);
      expect([body['parent_edge_id'], body['edge_version']]).to.deep.equal([null, 1]);
      expect((await delegators.look(last, source)).body['error']).to.equal('delegation_exceeds_parent_authority');
    });

    it('says that a key which has made an edge would make nothing, and names the edge', async () => {
      const { send, source, target, key } = await request();
      const made = await send();
      const looked = await delegators.look(source, target, {}, await keyed(key));
      expect([looked.status, looked.body['dry_run'], looked.body['created']]).to.deep.equal([200, true, 0]);
      expect(looked.body['delegation_edge_id']).to.equal(made.body['delegation_edge_id']);
    });

    it('keeps no receipt of its key', async () => {
      const { send, source, target, key } = await request();
      expect((await delegators.look(source, target, {}, await keyed(key))).status).to.equal(200);
      await delegators.look(source, target, { scopes: ['other'] }, await keyed(key));
      const made = await send();
      expect([made.status, made.headers.get(REPLAYED)]).to.deep.equal([201, null]);
    });

    it('is refused as it would be', async () => {
      const [source, target] = await delegators.pair();
      const refused = async (fields: Readonly<Record<string, unknown>>) =>
        (await delegators.look(source, target, fields)).body['error'];
      expect(await refused({ target_session_id: source })).to.equal('self_delegation_denied');
      expect(await refused({ constraints: { budget: 0 } })).to.equal('invalid_budget');
      expect(await refused({ resource_id: null })).to.equal('broad_delegation_permission_required');
    });

    for (const [query, answer] of [
      ['dry_run=false', 201],
      ['dry_run=1', 400],
      ['dry_run=', 400],
      ['dry_run=TRUE', 400],
      ['dry_run=true&dry_run=true', 400],
    ] as const) {
      it(`is asked for in one way only: ${query} answers ${answer}`, async () => {
        const [source, target] = await delegators.pair();
        const terms = { issuer_application_id: 'app-a', receiver_application_id: 'app-a', resource_id: 'r' };
        const body = { ...terms, source_session_id: source, target_session_id: target, ttl_seconds: 1 };
        const { status } = await world.call('POST', `/zones/z1/delegations?${query}`, body);
        expect(status).to.equal(answer);
        expect(await delegators.inbound(target)).to.have.length(answer === 201 ? 1 : 0);
      });
    }
  });
});
