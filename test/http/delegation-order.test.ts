// The thirteen checks of a delegation, each failed alone, and each before every later one that can be failed along with it.
// The first that fails answers.
import { expect } from 'chai';
import { isoInstant } from '../../src/clock.ts';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One way to fail one check: what the request says instead, and whether a stranger sends it. */
interface Fault {
  readonly check: string;
  readonly fields: Fields;
  readonly isStranger?: true;
  readonly refusal: readonly [number, string];
}

describe('the checks of a delegation', () => {
  let world: World;
  let delegators: Delegators;
  let sound: Fields;
  let faults: readonly Fault[];
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    await delegators.resource('files');
    await delegators.resource('foreign', { application_id: 'app-b' });
    const [root, source] = await delegators.pair();
    const [target, looping] = [await delegators.session('app-b'), await delegators.session('app-b')];
    const terms = { resource_id: 'files', constraints: { max_hops: 5 } };
    const parent = await delegators.edge(root, source, terms);
    const back = { ...terms, issuer_application_id: 'app-b', resource_id: 'foreign' };
    const options = await delegators.as('app-b', 'coordinator.delegate_to:app-a');
    await delegators.edge(looping, source, back, options);
    sound = { source_session_id: source, target_session_id: target, parent_edge_id: parent };
    faults = [
      fault('the constraints', [400, 'invalid_delegation_constraint'], { constraints: { colour: 'red' } }),
      fault('the expiry', [400, 'delegation_expiry_required'], { ttl_seconds: undefined, expires_at: undefined }),
      { ...fault('the parties', [403, 'issuer_ownership_required'], {}), isStranger: true },
      fault('the two ends', [400, 'self_delegation_denied'], { target_session_id: source }),
      fault('the right to name no resource', [403, 'broad_delegation_permission_required'], { resource_id: null }),
      fault('the sessions', [404, 'delegation_endpoint_not_found'], { target_session_id: 'nobody' }),
      fault('the applications', [409, 'delegation_application_mismatch'], { receiver_application_id: 'app-a' }),
      fault('the resources', [403, 'resource_ownership_required'], { resource_id: 'foreign' }),
      fault('the scopes', [403, 'delegation_scopes_exceed_resource'], { scopes: ['delete'] }),
      fault('the parent', [409, 'parent_delegation_ambiguous'], { parent_edge_id: null }),
      fault('what the parent allows', [403, 'delegation_exceeds_parent_authority'], { constraints: { max_hops: 10 } }),
      fault('the circle', [409, 'delegation_cycle_denied'], { target_session_id: looping }),
      fault('the time', [400, 'delegation_expired'], { expires_at: isoInstant(world.clock.now()) }),
    ];
  });
  after(() => world.destroy());

  const fault = (check: string, refusal: Fault['refusal'], fields: Fields): Fault => ({ check, refusal, fields });

  const ask = async (...failed: readonly Fault[]) => {
    const fields = Object.assign({ receiver_application_id: 'app-b', resource_id: 'files' }, sound);
    const {
      source_session_id: source,
      target_session_id: target,
      ...rest
    } = failed.reduce<Fields>((all, each) => ({ ...all, ...each.fields }), fields);
    const scope = 'coordinator.delegate_to:app-b coordinator.delegate_to:app-a';
    const options = await delegators.as(failed.some(({ isStranger }) => isStranger) ? 'app-c' : 'app-a', scope);
    return delegators.look(String(source), String(target), rest, options);
  };

  const areApart = (one: Fault, other: Fault) => Object.keys(one.fields).every((name) => !(name in other.fields));

  it('let a sound request pass', async () => {
    const { status, body } = await ask();
    expect([status, body['dry_run']]).to.deep.equal([200, true]);
  });

  for (let n = 0; n < 13; n += 1) {
    it(`refuse by check ${n + 1} alone`, async () => {
      const only = faults[n] as Fault;
      expect(refusalOf(await ask(only)), only.check).to.deep.equal(only.refusal);
    });
  }

  for (let n = 0; n < 12; n += 1) {
    it(`ask check ${n + 1} before check ${n + 2}`, async () => {
      const [first, second] = [faults[n] as Fault, faults[n + 1] as Fault];
      expect(areApart(first, second), 'both can be failed').to.equal(true);
      expect(refusalOf(await ask(first, second)), `${first.check} and ${second.check}`).to.deep.equal(first.refusal);
    });

    it(`ask check ${n + 1} before every later one`, async () => {
      const first = faults[n] as Fault;
      for (const later of faults.slice(n + 1).filter((each) => areApart(first, each))) {
        expect(refusalOf(await ask(first, later)), `${first.check} and ${later.check}`).to.deep.equal(first.refusal);
      }
    });

    it(`ask check ${n + 1} first when all later ones fail`, async () => {
      const first = faults[n] as Fault;
      const all = faults.slice(n).toReversed();
      expect(refusalOf(await ask(...all)), first.check).to.deep.equal(first.refusal);
    });
  }
});
