// What is the doors' own at `/v1`: the zone in the body, who may come in at all, what each body has to say, and keys that are
// shared with the routes of the zone.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { refusalOf } from './callers.ts';

const TERMS = {
  issuer_application_id: 'app-a',
  receiver_application_id: 'app-a',
  resource_id: 'r-1',
  scopes: ['read'],
  ttl_seconds: 60,
};

/** A body that fits each call, for sessions and edges that are not there. */
const bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  begin: { zone_id: 'z1', application_id: 'app-a' },
  'spawn-child': { zone_id: 'z1', application_id: 'app-a', parent_agent_session_id: 'nothing' },
  end: { zone_id: 'z1', agent_session_id: 'nothing' },
  exchange: { zone_id: 'z1', source_session_id: 'nothing', target_session_id: 'nobody', ...TERMS },
  'delegate-to-existing-agent': {
    zone_id: 'z1',
    from_agent_session_id: 'nothing',
    to_agent_session_id: 'nobody',
    ...TERMS,
  },
  'revoke-delegation': { zone_id: 'z1', delegation_edge_id: 'nothing' },
};

/** What has to be said beside the zone; the rest may be left out. */
const required: Readonly<Record<string, readonly string[]>> = {
  begin: ['application_id'],
  'spawn-child': ['application_id', 'parent_agent_session_id'],
  end: ['agent_session_id'],
  exchange: ['source_session_id', 'target_session_id', 'issuer_application_id', 'receiver_application_id'],
  'delegate-to-existing-agent': [
    'from_agent_session_id',
    'to_agent_session_id',
    'issuer_application_id',
    'receiver_application_id',
  ],
  'revoke-delegation': ['delegation_edge_id'],
};

const issuePaths = ({ body }: Answered): string[] => {
  const { issues } = body['details'] as { issues: { path: string[] }[] };
  return issues.map(({ path }) => path.join('.'));
};

describe('a call of /v1', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const post = (call: string, fields: object, token?: string | null) =>
    world.call('POST', `/v1/${call}`, fields, token === undefined ? {} : { token });

  for (const [call, body] of Object.entries(bodies)) {
    describe(`to ${call}`, () => {
      for (const zone of [undefined, null, '', 7, 'a/b', 'a b', 'z'.repeat(129), ['z1']]) {
        it(`is refused with the zone ${JSON.stringify(zone)?.slice(0, 12) ?? 'left out'}`, async () => {
          const answer = await post(call, { ...body, zone_id: zone });
          expect(refusalOf(answer)).to.deep.equal([400, 'invalid_body']);
          expect(issuePaths(answer)).to.include('zone_id');
        });
      }

      it('is refused when the zone of body and token differ, and when that zone is in another case', async () => {
        for (const zone of ['z2', 'Z1', 'never-used']) {
          const answer = await post(call, { ...body, zone_id: zone });
          expect(refusalOf(answer)).to.deep.equal([403, 'zone_mismatch']);
        }
        const other = await post(call, body, await world.token({ zone: 'z2' }));
        expect(refusalOf(other)).to.deep.equal([403, 'zone_mismatch']);
      });

      it('is open neither without a token nor to the operator', async () => {
        expect(refusalOf(await post(call, body, null))).to.deep.equal([401, 'missing_token']);
        expect(refusalOf(await post(call, body, OPERATOR_TOKEN))).to.deep.equal([403, 'operator_not_allowed']);
        expect(refusalOf(await post(call, {}, null))).to.deep.equal([401, 'missing_token']);
      });

      it('names everything that is left out', async () => {
        const answer = await post(call, {});
        expect(refusalOf(answer)).to.deep.equal([400, 'invalid_body']);
        expect(issuePaths(answer)).to.have.members([...(required[call] ?? []), 'zone_id']);
      });

      it('has to be a POST of JSON', async () => {
        const get = await world.call('GET', `/v1/${call}`);
        expect([...refusalOf(get), get.headers.get('allow')]).to.deep.equal([405, 'method_not_allowed', 'POST']);
        const text = await world.call('POST', `/v1/${call}`, '{}', { headers: { 'content-type': 'text/plain' } });
        expect(refusalOf(text)).to.deep.equal([415, 'unsupported_media_type']);
        const broken = await world.call('POST', `/v1/${call}`, '{"zone_id":');
        expect(refusalOf(broken)).to.deep.equal([400, 'invalid_json']);
      });
    });
  }

  it('lacks its scope as any other does', async () => {
    const strict = await World.create({ AGENT_COORDINATOR_SCOPE: 'agent:other' });
    for (const [call, body] of Object.entries(bodies)) {
      const answer = await strict.call('POST', `/v1/${call}`, body);
      expect(refusalOf(answer)).to.deep.equal([403, 'missing_scope']);
    }
    await strict.destroy();
  });

  it('to end takes a reason of 1 to 256 characters', async () => {
    for (const reason of ['', 'x'.repeat(257), 'a\u0000', 7]) {
      const answer = await post('end', { ...bodies['end'], reason });
      expect([...refusalOf(answer), ...new Set(issuePaths(answer))]).to.deep.equal([400, 'invalid_body', 'reason']);
    }
    const session = await world.session();
    const reason = 'x'.repeat(256);
    expect((await post('end', { zone_id: 'z1', agent_session_id: session, reason })).status).to.equal(204);
    const { body } = await world.call('GET', `/zones/z1/agents/${session}`);
    expect(body['termination_reason']).to.equal(reason);
  });

  it('to spawn-child starts below the parent it asks for, whatever else the body says', async () => {
    const [parent, other] = [await world.session(), await world.session()];
    const asked = { ...bodies['spawn-child'], parent_agent_session_id: parent, parent_id: other };
    expect((await post('spawn-child', asked)).body).to.include({ parent_id: parent, depth: 1 });
  });

  it('to begin starts below a parent too', async () => {
    const parent = await world.session();
    const { body } = await post('begin', { ...bodies['begin'], parent_id: parent });
    expect(body).to.include({ parent_id: parent, depth: 1 });
  });

  describe('with an Idempotency-Key', () => {
    let keys = 0;
    const keyed = (path: string, fields: object, key: string) =>
      world.call('POST', path, fields, { headers: { 'idempotency-key': key } });
    const isReplay = (first: Answered, again: Answered, status: number) => {
      expect([first.status, first.headers.get('idempotency-replayed')]).to.deep.equal([201, null]);
      expect([again.status, again.headers.get('idempotency-replayed')]).to.deep.equal([status, 'true']);
      expect(again.body).to.deep.equal(first.body);
    };
    const freshKey = () => `shared-${(keys += 1)}`;

    const AGENTS = '/zones/z1/agents';
    const EDGES = '/zones/z1/delegations';
    const START = { application_id: 'app-a', metadata: { a: 1 } };

    for (const [first, second] of [
      ['/v1/begin', '/v1/begin'],
      ['/v1/begin', AGENTS],
      [AGENTS, '/v1/begin'],
    ] as const) {
      it(`is answered at ${second} as at ${first}`, async () => {
        const key = freshKey();
        const made = await keyed(first, { ...START, zone_id: 'z1' }, key);
        isReplay(made, await keyed(second, { zone_id: 'z1', ...START }, key), 200);
      });
    }

    it('is answered for a child as at the zone and at begin', async () => {
      const parent = await world.session();
      const key = freshKey();
      const child = { ...START, zone_id: 'z1' };
      const made = await keyed('/v1/spawn-child', { ...child, parent_agent_session_id: parent }, key);
      isReplay(made, await keyed('/v1/spawn-child', { ...child, parent_agent_session_id: parent }, key), 200);
      isReplay(made, await keyed(AGENTS, { ...START, parent_id: parent }, key), 200);
      isReplay(made, await keyed('/v1/begin', { ...child, parent_id: parent }, key), 200);
      const root = await keyed('/v1/begin', child, key);
      expect(refusalOf(root)).to.deep.equal([409, 'idempotency_key_conflict']);
    });

    it('is answered for an edge by all three calls that make one', async () => {
      const [source, target] = [await world.session(), await world.session()];
      const key = freshKey();
      const ends = { source_session_id: source, target_session_id: target };
      const own = { from_agent_session_id: source, to_agent_session_id: target };
      const made = await keyed('/v1/exchange', { ...TERMS, ...ends, zone_id: 'z1' }, key);
      isReplay(made, await keyed('/v1/delegate-to-existing-agent', { ...TERMS, ...own, zone_id: 'z1' }, key), 201);
      isReplay(made, await keyed(EDGES, { ...TERMS, ...ends }, key), 201);
      const other = await keyed('/v1/exchange', { ...TERMS, ...ends, zone_id: 'z1', ttl_seconds: 61 }, key);
      expect(refusalOf(other)).to.deep.equal([409, 'idempotency_key_conflict']);
    });

    it('is refused once what it made has ended', async () => {
      const key = freshKey();
      const made = await keyed('/v1/begin', { ...START, zone_id: 'z1' }, key);
      await post('end', { zone_id: 'z1', agent_session_id: made.body['agent_session_id'] });
      const again = await keyed('/v1/begin', { ...START, zone_id: 'z1' }, key);
      expect(refusalOf(again)).to.deep.equal([409, 'idempotency_result_inactive']);
    });

    it('makes one session of many racing requests through both doors', async () => {
      const key = freshKey();
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) => keyed(n % 2 ? AGENTS : '/v1/begin', { ...START, zone_id: 'z1' }, key)),
      );
      expect(new Set(answers.map(({ body }) => body['agent_session_id'])).size).to.equal(1);
      expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    });

    it('that is none is refused by every call that makes something, before its body is looked at', async () => {
      for (const call of ['begin', 'spawn-child', 'exchange', 'delegate-to-existing-agent']) {
        const answer = await keyed(`/v1/${call}`, {}, 'k'.repeat(256));
        expect(refusalOf(answer)).to.deep.equal([400, 'idempotency_key_invalid']);
      }
    });
  });
});
