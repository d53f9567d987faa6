// The claims of a good token at `/v1/verify`: which it must have, and the members whose names differ between issuers.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { issue, verdictOf, verify } from './issuing.ts';

describe('/v1/verify', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  describe('refuses a token', () => {
    const refuses = async (changes: Record<string, unknown>, missing: readonly string[]) => {
      const answer = await verify(world, { token: await issue(world, changes) });
      expect([answer.status, answer.body]).to.deep.equal([
        401,
        { valid: false, error: 'token_invalid', reason: 'missing_claims', details: { missing } },
      ]);
    };

    for (const name of ['root_sid', 'use', 'sub_type']) {
      for (const value of [undefined, null, '', 1, ['x'], { x: 1 }]) {
        it(`whose ${name} is ${JSON.stringify(value) ?? 'absent'}`, () => refuses({ [name]: value }, [name]));
      }
    }

    for (const value of [undefined, null]) {
      it(`whose sid is ${String(value)}`, () => refuses({ sid: value }, ['sid']));
    }

    it('without all of them, and names each', () =>
      refuses({ sid: undefined, root_sid: undefined, use: undefined, sub_type: undefined }, [
        'sid',
        'root_sid',
        'use',
        'sub_type',
      ]));
  });

  it('checks required claims before the checks of the request', async () => {
    const token = await issue(world, { use: undefined, agent_session_id: 'nothing' });
    const answer = await verify(world, { token, zone_id: 'z2', required_scope: 'x', require_session: true });
    expect(verdictOf(answer)).to.deep.equal([401, false, 'token_invalid', 'missing_claims']);
  });

  it('refuses them although they are good bearers on other routes', async () => {
    const token = await issue(world, { sid: undefined, root_sid: undefined, use: undefined, sub_type: undefined });
    expect((await world.call('GET', '/zones/z1/agents', undefined, { token })).status).to.equal(200);
    expect(verdictOf(await verify(world, { token }))).to.include('missing_claims');
  });

  it('answers a token of the own issuer', async () => {
    const { status, body } = await verify(world, { token: await world.token({ sid: 'user-1' }) });
    const subject = { sid: 'user-1', rootSid: 'user-1', use: 'session', subType: 'user' };
    expect(status).to.equal(200);
    expect(body['claims']).to.include({ ...subject, authorityRecordId: 'user-1', rootAuthorityRecordId: 'user-1' });
  });

  it('shows the resources of a token under the name of the SDKs, whichever claim has them', async () => {
    for (const claims of [
      { target: ['urn:files'] },
      { target: 'urn:files' },
      { target_resources: ['urn:files'] },
      { target: ['x'], target_resources: ['urn:files'] },
    ]) {
      const { body } = await verify(world, { token: await issue(world, claims) });
      expect(body['claims']).to.have.property('targetResources').that.deep.equals(['urn:files']);
    }
    expect((await verify(world, { token: await issue(world) })).body['claims']).not.to.have.property('targetResources');
  });

  for (const [name, value] of [
    ['scope', 7],
    ['jti', 7],
    ['jti', ''],
    ['target', 4],
    ['target', ['urn:files', 4]],
    ['target', { urn: 'files' }],
    ['target_resources', ''],
    ['source_session_id', {}],
    ['target_session_id', 7],
    ['delegation_path', 'e-1'],
    ['delegation_path', [null]],
    ['graph_epoch', '7'],
    ['delegation_graph_epoch', -1],
    ['delegation_graph_epoch', 1.5],
    ['hop_count', {}],
  ] as const)
    it(`refuses a token whose ${name} is ${JSON.stringify(value)}`, async () => {
      const answer = await verify(world, { token: await issue(world, { [name]: value }) });
      expect([answer.status, answer.body]).to.deep.equal([
        401,
        { valid: false, error: 'token_invalid', reason: 'malformed_claims', details: { malformed: [name] } },
      ]);
    });

  describe('for a delegation chain', () => {
    const family = [
      { application_id: 'app-a', agent_session_id: 's-1' },
      { application_id: 'app-b', agent_session_id: 's-2', delegation_edge_id: 'e-1' },
    ];
    const shown = [
      { applicationId: 'app-a', agentSessionId: 's-1' },
      { applicationId: 'app-b', agentSessionId: 's-2', delegationEdgeId: 'e-1' },
    ];
    for (const [what, chain, expected] of [
      ['in the spelling of the family’s issuer', family, shown],
      ['in the spelling of the SDKs', shown, shown],
      ['in both at once', [family[0], shown[1]], shown],
      ['in which one hop has both', [{ ...shown[0], ...family[1] }], [shown[1]]],
      ['without members that it does not know', [{ ...family[0], secret: 'x', edge_id: 'e' }], [shown[0]]],
      ['with members that are null', [{ ...family[0], delegation_edge_id: null }], [shown[0]]],
      ['that names applications alone', [{ application_id: 'app-a' }], [{ applicationId: 'app-a' }]],
      ['that is empty', [], []],
    ] as const) {
      it(`shows one ${what}`, async () => {
        const { status, body } = await verify(world, { token: await issue(world, { delegation_chain: chain }) });
        expect(status).to.equal(200);
        expect(body['claims']).to.have.property('delegationChain').that.deep.equals(expected);
      });
    }

    it('omits delegationChain if the token has none', async () => {
      for (const chain of [undefined, null]) {
        const { status, body } = await verify(world, { token: await issue(world, { delegation_chain: chain }) });
        expect(status).to.equal(200);
        expect(body['claims']).not.to.have.property('delegationChain');
      }
    });

    for (const chain of [
      'app-a',
      '',
      7,
      true,
      { application_id: 'app-a' },
      [null],
      ['app-a'],
      [[family[0]]],
      [{}],
      [family[0], { agent_session_id: 's-2' }],
      [{ application_id: '' }],
      [{ application_id: 7 }],
      [{ application_id: 'app-a', agent_session_id: { id: 's-1' } }],
      [{ application_id: 'app-a', delegationEdgeId: '' }],
    ]) {
      it(`refuses the malformed chain ${JSON.stringify(chain)}`, async () => {
        const answer = await verify(world, { token: await issue(world, { delegation_chain: chain }) });
        const details = { malformed: ['delegation_chain'] };
        expect([answer.status, answer.body]).to.deep.equal([
          401,
          { valid: false, error: 'token_invalid', reason: 'malformed_claims', details },
        ]);
      });
    }
  });

  describe('for the epoch of the graph', () => {
    for (const [what, claims, expected] of [
      ['of graph_epoch', { graph_epoch: 7 }, 7],
      ['of delegation_graph_epoch', { delegation_graph_epoch: 8 }, 8],
      ['of graph_epoch, if the token has both', { graph_epoch: 7, delegation_graph_epoch: 8 }, 7],
      ['of graph_epoch, though it is 0', { graph_epoch: 0, delegation_graph_epoch: 8 }, 0],
      ['of the other where one is null', { graph_epoch: null, delegation_graph_epoch: 8 }, 8],
    ] as const) {
      it(`shows that ${what}`, async () => {
        const { body } = await verify(world, { token: await issue(world, claims) });
        expect(body['claims']).to.have.property('graphEpoch', expected);
      });
    }

    it('omits graphEpoch if the token has none', async () => {
      const { body } = await verify(world, { token: await issue(world, { graph_epoch: null }) });
      expect(body['claims']).not.to.have.property('graphEpoch');
    });
  });

  it('shows names of 1.0 and of July only for claims that the token has', async () => {
    const { body } = await verify(world, { token: await issue(world) });
    expect(body['claims']).not.to.have.any.keys('sessionId', 'delegationId', 'agentSessionId', 'delegationEdgeId');
    const session = await world.session();
    const bound = await verify(world, { token: await issue(world, { agent_session_id: session }) });
    expect(bound.body['claims'])
      .to.include({ agentSessionId: session, sessionId: session })
      .and.not.to.have.any.keys('delegationId', 'delegationEdgeId');
  });
});
