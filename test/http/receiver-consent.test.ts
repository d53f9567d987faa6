// RECEIVER_CONSENT: the rules that each value asks of a delegation to another application, on every route that creates
// one, and everything that both values refuse alike.
import { expect } from 'chai';
import { RECEIVER_CONSENTS } from '../../src/authority/rules.ts';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const CONSENT = [403, 'receiver_consent_required'];
const TO_BOTH = 'coordinator.delegate_to:app-b coordinator.delegate_to:app-c';
const OWNERSHIP = [403, 'resource_ownership_required'];

type Fields = Readonly<Record<string, unknown>>;

/** Every way to ask for an edge, with the status of its success. */
const ROUTES: readonly (readonly [path: string, success: number, named: (fields: Fields) => Fields])[] = [
  ['/zones/z1/delegations', 201, (fields) => fields],
  ['/zones/z1/delegations?dry_run=true', 200, (fields) => fields],
  ['/v1/exchange', 201, (fields) => ({ zone_id: 'z1', ...fields })],
  ['/v1/exchange?dry_run=true', 200, (fields) => ({ zone_id: 'z1', ...fields })],
  [
    '/v1/delegate-to-existing-agent',
    201,
    ({ source_session_id: from, target_session_id: to, ...fields }) => ({
      zone_id: 'z1',
      from_agent_session_id: from,
      to_agent_session_id: to,
      ...fields,
    }),
  ],
];

/** Requests that both values refuse; the fields differ from an edge of app-a to app-b over `files`. */
const ALIKE: readonly (readonly [what: string, fields: Fields, refusal: readonly [number, string], app?: string])[] = [
  ['a caller that is not the issuer', {}, [403, 'issuer_ownership_required'], 'app-b'],
  ['an edge without an end', { ttl_seconds: undefined }, [400, 'delegation_expiry_required']],
  ['an edge over no resource', { resource_id: null }, [403, 'broad_delegation_permission_required']],
  ['a session that is not there', { target_session_id: 'nobody' }, [404, 'delegation_endpoint_not_found']],
  ['a session of another application', { receiver_application_id: 'app-c' }, [409, 'delegation_application_mismatch']],
  ['a resource that has ended', { resource_id: 'gone' }, [404, 'resource_not_found']],
  ['a scope that the resource lacks', { scopes: ['erase'] }, [403, 'delegation_scopes_exceed_resource']],
  ['a parent that is not held', { parent_edge_id: 'none' }, [403, 'parent_delegation_not_active']],
];

for (const consent of RECEIVER_CONSENTS) {
  describe(`with RECEIVER_CONSENT=${consent}`, () => {
    let world: World;
    let delegators: Delegators;
    before(async () => {
      // Unset, it is `required`.
      world = await World.create(consent === 'required' ? {} : { RECEIVER_CONSENT: consent });
      delegators = new Delegators(world);
      await delegators.resource('files');
      await delegators.resource('theirs', { application_id: 'app-b' });
      await delegators.resource('gone');
      await delegators.archive('gone');
    });
    after(() => world.destroy());

    const isAsked = consent === 'required';
    const across = async (): Promise<Fields> => ({
      source_session_id: await delegators.session(),
      target_session_id: await delegators.session('app-b'),
      issuer_application_id: 'app-a',
      receiver_application_id: 'app-b',
      resource_id: 'files',
      scopes: ['read'],
      ttl_seconds: 600,
    });
    const ask = async (fields: Fields, app = 'app-a', scope = ''): Promise<Answered> =>
      world.call('POST', '/zones/z1/delegations', { ...(await across()), ...fields }, await delegators.as(app, scope));
    const expectAsked = (answer: Answered, refusal: readonly unknown[], success: number) => {
      if (isAsked) expect(refusalOf(answer)).to.deep.equal(refusal);
      else expect(answer.status, answer.text).to.equal(success);
    };

    for (const [path, success, named] of ROUTES) {
      it(`${isAsked ? 'refuses' : 'takes'} an edge without consent of its receiver: ${path}`, async () => {
        const answer = await world.call('POST', path, named(await across()), await delegators.as('app-a'));
        expectAsked(answer, CONSENT, success);
      });

      it(`${isAsked ? 'refuses' : 'takes'} an edge over a resource of another application: ${path}`, async () => {
        const fields = { ...(await across()), resource_id: 'theirs' };
        const options = await delegators.as('app-a', 'coordinator.delegate_to:app-b');
        expectAsked(await world.call('POST', path, named(fields), options), OWNERSHIP, success);
      });
    }

    for (const [what, fields, refusal, app] of ALIKE) {
      it(`refuses ${what}`, async () => {
        expect(refusalOf(await ask(fields, app, TO_BOTH))).to.deep.equal(refusal);
      });
    }

    it('takes an edge with consent of its receiver', async () => {
      expect((await ask({}, 'app-a', 'coordinator.delegate_to:app-b')).status).to.equal(201);
    });

    it('refuses the operator', async () => {
      const answer = await world.call('POST', '/zones/z1/delegations', await across(), { token: OPERATOR_TOKEN });
      expect(refusalOf(answer)).to.deep.equal([403, 'operator_not_allowed']);
    });

    it('names in the inspector who may hand authority to a session', async () => {
      const { body } = await world.call('GET', '/inspector/files/machines.json', undefined, { token: null });
      const { session } = body as { session: { commands: { command: string; who: string[] }[] } };
      expect(session.commands.find(({ command }) => command === 'edge.receive')?.who).to.deep.equal(
        isAsked
          ? ['the application itself', 'coordinator.admin', 'coordinator.delegate_to:{app}']
          : ['the application that issues the edge'],
      );
    });
  });
}

describe('a receiver that consents by presenting the edge', () => {
  let world: World;
  let delegators: Delegators;
  beforeEach(async () => {
    world = await World.create({ RECEIVER_CONSENT: 'presented' });
    delegators = new Delegators(world);
    await delegators.resource('files');
  });
  afterEach(() => world.destroy());

  const TO_B = { receiver_application_id: 'app-b', resource_id: 'files' };
  const FROM_B = { issuer_application_id: 'app-b', receiver_application_id: 'app-c', resource_id: 'files' };

  it('delegates no more than it received, and creates no cycle', async () => {
    const source = await delegators.session();
    const [middle, last] = [await delegators.session('app-b'), await delegators.session('app-c')];
    await delegators.edge(source, middle, { ...TO_B, constraints: { max_hops: 2 } });
    const asB = await delegators.as('app-b');
    const wider = await delegators.delegate(middle, last, { ...FROM_B, scopes: ['read', 'write'] }, asB);
    expect(refusalOf(wider)).to.deep.equal([403, 'delegation_exceeds_parent_authority']);
    expect(wider.body['details']).to.deep.equal({ exceeds: ['scopes', 'budget'] });
    const back = { issuer_application_id: 'app-b', receiver_application_id: 'app-a', resource_id: 'files' };
    const circle = await delegators.delegate(middle, source, back, asB);
    expect(refusalOf(circle)).to.deep.equal([409, 'delegation_cycle_denied']);
    expect((await delegators.delegate(middle, last, FROM_B, asB)).status).to.equal(201);
  });

  it('sees the edge and cannot revoke it; its issuer can', async () => {
    const target = await delegators.session('app-b');
    const id = await delegators.edge(await delegators.session(), target, TO_B);
    const asB = await delegators.as('app-b');
    const { body } = await world.call('GET', `/zones/z1/delegations/inbound/${target}`, undefined, asB);
    expect((body['items'] as { id: string }[]).map((edge) => edge.id)).to.deep.equal([id]);
    const revoked = await world.call('PATCH', `/zones/z1/delegations/${id}/revoke`, undefined, asB);
    expect(refusalOf(revoked)).to.deep.equal([403, 'issuer_ownership_required']);
    expect((await delegators.revoke(id)).status).to.equal(200);
  });

  // The cost of `presented`: see docs/decisions/0027-receiver-consent.md.
  it('acts with received authority from the creation of the edge, and ends when the issuer revokes it', async () => {
    const target = await delegators.session('app-b');
    const id = await delegators.edge(await delegators.session(), target, TO_B);
    const shown = async () => (await world.call('GET', `/zones/z1/agents/${target}`)).body;
    expect(await shown()).to.include({ status: 'active', authority: 'received' });
    expect((await delegators.revoke(id)).body).to.deep.include({ terminated_agents: 1 });
    expect(await shown()).to.include({ status: 'terminated', termination_reason: 'delegation_revoked' });
  });

  it('keeps its edges when the setting changes', async () => {
    const [source, target] = [await delegators.session(), await delegators.session('app-b')];
    const id = await delegators.edge(source, target, TO_B);
    await world.restart({ RECEIVER_CONSENT: 'required' });
    expect((await delegators.inbound(target)).map((edge) => [edge['id'], edge['status']])).to.deep.equal([
      [id, 'active'],
    ]);
    const other = await delegators.session('app-b');
    expect(refusalOf(await delegators.delegate(source, other, TO_B))).to.deep.equal(CONSENT);
  });

  it('needs registered names with a closed directory', async () => {
    const [source, target] = [await delegators.session(), await delegators.session('app-b')];
    const managed = { registration_method: 'managed' };
    await delegators.register('applications', 'app-a', managed);
    await delegators.register('subject-sessions', 'user-1', {
      session_type: 'user',
      expires_at: '2027-01-01T00:00:00Z',
    });
    await world.restart({ DIRECTORY: 'closed' });
    const unknown = [404, 'application_not_found'];
    expect(refusalOf(await delegators.delegate(source, target, TO_B))).to.deep.equal(unknown);
    await delegators.register('applications', 'app-b', managed);
    const resource = await delegators.delegate(source, target, { ...TO_B, resource_id: 'unheard-of' });
    expect(refusalOf(resource)).to.deep.equal([404, 'resource_not_found']);
    expect((await delegators.delegate(source, target, TO_B)).status).to.equal(201);
  });
});
