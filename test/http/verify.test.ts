// `POST /v1/verify`: which tokens are good and for what, what is shown of them, and whatever else anybody may send there.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { claimsAt, issue, verdictOf, verify } from './issuing.ts';
import { Registry } from './registry.ts';

const invalid = (reason: string) => [401, false, 'token_invalid', reason];

describe('/v1/verify', () => {
  let world: World;
  before(async () => {
    world = await World.create({ COORDINATOR_BODY_LIMIT_BYTES: '50000' });
  });
  after(() => world.destroy());

  describe('finds a token good', () => {
    it('in the body, bare or as an authorization header of any case and spacing', async () => {
      const token = await issue(world);
      for (const body of [
        { token },
        { token: ` ${token} ` },
        { authorization: `Bearer ${token}` },
        { authorization: `bearer   ${token}` },
        { authorization: `BEARER ${token} ` },
        { token: null, authorization: `Bearer ${token}` },
        { token, authorization: 'Bearer nonsense' },
        { token, zone_id: null, required_scope: null, require_agent: null, require_session: null },
      ]) {
        expect(verdictOf(await verify(world, body))).to.deep.equal([200]);
      }
    });

    it('whoever asks, with whatever bearer of their own', async () => {
      const token = await issue(world);
      for (const own of ['nonsense', OPERATOR_TOKEN, await world.token({ zone: 'z2' })]) {
        const answer = await world.call('POST', '/v1/verify', { token }, { token: own });
        expect(verdictOf(answer)).to.deep.equal([200]);
      }
      const nonsense = await world.call('POST', '/v1/verify', { token: 'nonsense' }, { token });
      expect(verdictOf(nonsense)).to.deep.equal(invalid('invalid_token'));
    });

    it('though it has no scope for this service itself', async () => {
      expect(verdictOf(await verify(world, { token: await issue(world, { scope: 'mail:read' }) }))).to.deep.equal([
        200,
      ]);
      expect(verdictOf(await verify(world, { token: await issue(world, { scope: undefined }) }))).to.deep.equal([200]);
    });

    it('and changes nothing, in the zone and in others', async () => {
      const seqOf = async (zone: string) => {
        const options = { token: await world.token({ zone }) };
        return (await world.call('GET', `/zones/${zone}/agents`, undefined, options)).headers.get('coordinator-seq');
      };
      await world.session();
      const before = [await seqOf('z1'), await seqOf('z3')];
      const answers = [
        await verify(world, { token: await issue(world) }),
        await verify(world, { token: await issue(world, { zone_id: 'z3' }, 'z3') }),
      ];
      expect(answers.map(({ headers }) => headers.get('coordinator-seq'))).to.deep.equal(before);
      expect([await seqOf('z1'), await seqOf('z3')]).to.deep.equal(before);
    });
  });

  describe('for a valid token', () => {
    it('shows its claims under the names of the SDKs', async () => {
      const [source, target] = [await world.session(), await world.session()];
      const terms = { issuer_application_id: 'app-a', receiver_application_id: 'app-a', ttl_seconds: 60 };
      const ends = { source_session_id: source, target_session_id: target };
      const made = await world.call('POST', '/zones/z1/delegations', { ...terms, ...ends, resource_id: 'r-1' });
      const edge = made.body['delegation_edge_id'];
      const rest = {
        delegation_path: [edge],
        delegation_chain: [{ application_id: 'app-a', agent_session_id: target, delegation_edge_id: edge }],
        delegation_graph_epoch: 7,
        hop_count: 1,
        target_resources: ['urn:files'],
      };
      const own = { sid: 'user-1', root_sid: 'user-0', use: 'access', sub_type: 'agent', jti: 't-1', scope: 'a b' };
      const actors = { agent_session_id: target, delegation_edge_id: edge, ...ends };
      const { status, body } = await verify(world, { token: await issue(world, { ...own, ...actors, ...rest }) });
      const now = Math.floor(world.clock.now() / 1000);
      expect([status, body]).to.deep.equal([
        200,
        {
          valid: true,
          claims: {
            sub: 'tester',
            zoneId: 'z1',
            clientId: 'app-a',
            sid: 'user-1',
            authorityRecordId: 'user-1',
            rootSid: 'user-0',
            rootAuthorityRecordId: 'user-0',
            use: 'access',
            subType: 'agent',
            jti: 't-1',
            issuedAt: now,
            expiresAt: now + 86_400,
            scope: 'a b',
            targetResources: ['urn:files'],
            agentSessionId: target,
            sessionId: target,
            delegationEdgeId: edge,
            delegationId: edge,
            sourceSessionId: source,
            targetSessionId: target,
            delegationPath: [edge],
            delegationChain: [{ applicationId: 'app-a', agentSessionId: target, delegationEdgeId: edge }],
            graphEpoch: 7,
            hopCount: 1,
          },
        },
      ]);
    });

    it('shows an absent jti as null, an absent scope as empty, and omits other absent claims', async () => {
      const { body } = await verify(world, { token: await issue(world, { scope: undefined, secret: 'x' }) });
      const claims = claimsAt(world);
      expect(body['claims']).to.deep.equal({
        sub: 'tester',
        zoneId: 'z1',
        clientId: 'app-a',
        sid: 'user-1',
        authorityRecordId: 'user-1',
        rootSid: 'user-1',
        rootAuthorityRecordId: 'user-1',
        use: 'session',
        subType: 'user',
        jti: null,
        issuedAt: claims['iat'],
        expiresAt: claims['exp'],
        scope: '',
      });
    });
  });

  it('misses a token that is not there', async () => {
    for (const body of [
      {},
      { token: '' },
      { token: '  ' },
      { token: null },
      { authorization: 'Bearer ' },
      { zone_id: 'z1' },
    ]) {
      const answer = await verify(world, body);
      expect([answer.status, answer.body]).to.deep.equal([400, { valid: false, error: 'missing_token' }]);
    }
    const none = await world.call('POST', '/v1/verify', undefined, { token: await issue(world) });
    expect([none.status, none.body['error']]).to.deep.equal([400, 'missing_token']);
  });

  const bad: readonly [string, () => Promise<string> | string][] = [
    ['no JWT', () => 'nonsense'],
    ['signed by the key of another zone', () => issue(world, {}, 'z2')],
    ['of a zone that never had a key', () => issue(world, { zone_id: 'keyless' })],
    ['of another issuer', () => issue(world, { iss: 'https://elsewhere.example' })],
    ['for another audience', () => issue(world, { aud: 'https://elsewhere.example' })],
    ['without an end', () => issue(world, { exp: undefined })],
    ['without an application', () => issue(world, { client_id: undefined })],
    ['without a subject', () => issue(world, { sub: undefined })],
    ['without a zone', () => issue(world, { zone_id: undefined })],
    ['not good yet', () => issue(world, { nbf: Math.floor(world.clock.now() / 1000) + 61 })],
    ['with an agent session that is no name', () => issue(world, { agent_session_id: { id: 'x' } })],
    ['with an edge that is no name', () => issue(world, { delegation_edge_id: '' })],
    ['changed after it was signed', async () => tampered(await issue(world), { client_id: 'app-b' })],
    ['unsigned', async () => unsigned(await issue(world))],
    ['the operator’s', () => OPERATOR_TOKEN],
    ['longer than any bearer may be, though it is signed', () => issue(world, { padding: 'x'.repeat(4_096) })],
    ['garbage of 40,000 bytes', () => 'x'.repeat(40_000)],
  ];
  for (const [what, make] of bad) {
    it(`finds a token bad that is ${what}`, async () => {
      const answer = await verify(world, { token: await make() });
      expect(verdictOf(answer)).to.deep.equal(invalid('invalid_token'));
      expect(answer.body).to.have.all.keys('valid', 'error', 'reason', 'details');
      expect(answer.body['details']).to.have.property('reason').that.is.a('string');
    });
  }

  it('finds a token bad from its end on, give or take a minute of the issuer’s clock', async () => {
    const token = await issue(world, { exp: Math.floor(world.clock.now() / 1000) + 10 });
    world.clock.advance(69_999);
    expect(verdictOf(await verify(world, { token }))).to.deep.equal([200]);
    world.clock.advance(1);
    expect(verdictOf(await verify(world, { token }))).to.deep.equal(invalid('invalid_token'));
  });

  it('says no to a token for what is asked of it and it does not have', async () => {
    const { session, edge } = { session: await world.session(), edge: 'nothing' };
    const plain = await issue(world, { scope: 'mail:read mail:send' });
    const agent = await issue(world, { agent_session_id: session });
    const delegate = await issue(world, { delegation_edge_id: edge });
    for (const [token, asked, verdict] of [
      [plain, { zone_id: 'z1' }, [200]],
      [plain, { zone_id: 'z2' }, invalid('zone_mismatch')],
      [plain, { zone_id: 'Z1' }, invalid('zone_mismatch')],
      [plain, { required_scope: 'mail:send' }, [200]],
      [plain, { required_scope: 'mail' }, invalid('missing_scope')],
      [plain, { required_scope: 'MAIL:SEND' }, invalid('missing_scope')],
      [plain, { required_scope: 'agent:lifecycle' }, invalid('missing_scope')],
      [plain, { require_agent: false, require_delegation: false }, [200]],
      [plain, { require_agent: true }, invalid('agent_required')],
      [agent, { require_agent: true }, [200]],
      [plain, { require_session: false }, [200]],
      [plain, { require_session: true }, invalid('session_required')],
      [plain, { require_agent: false, require_session: true }, invalid('session_required')],
      [plain, { require_agent: true, require_session: null }, invalid('agent_required')],
      [agent, { require_session: true }, [200]],
      [agent, { require_delegation: true }, invalid('delegation_required')],
      [plain, { require_delegation: true }, invalid('delegation_required')],
      // That the edge is not active is found where the token has one.
      [delegate, { require_delegation: true }, invalid('delegation_revoked')],
      [delegate, { require_agent: true }, invalid('agent_required')],
    ] as const) {
      expect(verdictOf(await verify(world, { token, ...asked })), JSON.stringify(asked)).to.deep.equal(verdict);
    }
  });

  it('finds a token bad whose application or subject session has ended', async () => {
    const registry = new Registry(world);
    await registry.register('applications', 'app-gone');
    await registry.register('subject-sessions', 'user-gone');
    const tokens = [await issue(world, { client_id: 'app-gone' }), await issue(world, { sid: 'user-gone' })];
    for (const token of tokens) expect(verdictOf(await verify(world, { token }))).to.deep.equal([200]);
    await registry.archive('applications', 'app-gone');
    await registry.archive('subject-sessions', 'user-gone');
    for (const token of tokens) {
      expect(verdictOf(await verify(world, { token }))).to.deep.equal(invalid('identity_revoked'));
    }
  });
});

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const tampered = (token: string, changes: object): string => {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  return [header, encoded({ ...claims, ...changes }), signature].join('.');
};

const unsigned = (token: string): string => [encoded({ alg: 'none' }), token.split('.')[1], ''].join('.');
