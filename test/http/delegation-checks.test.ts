// Every way to fail the checks of a delegation that look at sessions, applications, resources and scopes, and the order
// within a check that has several answers.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const NO_END = [404, 'delegation_endpoint_not_found'];
const MISMATCH = [409, 'delegation_application_mismatch'];

describe('the refusals of a delegation', () => {
  let world: World;
  let delegators: Delegators;
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    await delegators.resource('files');
    await delegators.resource('mail', { scopes: ['send'] });
    await delegators.resource('foreign', { application_id: 'app-b' });
    await delegators.resource('gone');
    await delegators.archive('gone');
  });
  after(() => world.destroy());

  /** A new edge between two sessions that hold nothing. */
  const between = async (fields: object) => delegators.delegate(...(await delegators.pair()), { ...fields });
  const patch = (session: string, verb: string) => world.call('PATCH', `/zones/z1/agents/${session}/${verb}`);

  describe('for its sessions', () => {
    const elsewhere = async () => {
      const token = await world.token({ zone: 'z2' });
      const answer = await world.call('POST', '/zones/z2/agents', { application_id: 'app-a' }, { token });
      return String(answer.body['agent_session_id']);
    };

    for (const [what, unfit] of [
      ['never was', async () => 'nobody'],
      ['is of another zone', elsewhere],
      [
        'has ended',
        async () => {
          const session = await delegators.session();
          await world.call('DELETE', `/zones/z1/agents/${session}`);
          return session;
        },
      ],
      [
        'is suspended',
        async () => {
          const session = await delegators.session();
          await patch(session, 'suspend');
          return session;
        },
      ],
      [
        'is suspended with its parent',
        async () => {
          const parent = await delegators.session();
          const child = await delegators.session('app-a', { parent_id: parent });
          await patch(parent, 'suspend');
          return child;
        },
      ],
    ] as const) {
      it(`come where one ${what}, at either end`, async () => {
        const [session, other] = [await unfit(), await delegators.session()];
        expect(session).to.be.a('string').and.not.equal('undefined');
        expect(refusalOf(await delegators.delegate(session, other))).to.deep.equal(NO_END);
        expect(refusalOf(await delegators.delegate(other, session))).to.deep.equal(NO_END);
      });
    }

    it('come on the instant at which the time of one has run out, and not before', async () => {
      const [session, other] = [await delegators.session('app-a', { ttl_seconds: 1 }), await delegators.session()];
      world.clock.advance(999);
      expect((await delegators.look(session, other)).status).to.equal(200);
      world.clock.advance(1);
      expect(refusalOf(await delegators.look(session, other))).to.deep.equal(NO_END);
      expect(refusalOf(await delegators.look(other, session))).to.deep.equal(NO_END);
    });

    it('come no more once a suspended one is resumed', async () => {
      const [source, target] = await delegators.pair();
      await patch(source, 'suspend');
      expect(refusalOf(await delegators.delegate(source, target))).to.deep.equal(NO_END);
      await patch(source, 'resume');
      expect((await delegators.delegate(source, target)).status).to.equal(201);
    });

    it('come where one belongs to another application than the one named for it', async () => {
      const [own, other] = await delegators.pair();
      const theirs = await delegators.session('app-b');
      const options = await delegators.as('app-a', 'coordinator.delegate_to:app-b coordinator.delegate_from:app-b');
      const receiver = { receiver_application_id: 'app-b' };
      const issuer = { issuer_application_id: 'app-b' };
      expect(refusalOf(await delegators.delegate(theirs, own, {}, options))).to.deep.equal(MISMATCH);
      expect(refusalOf(await delegators.delegate(own, theirs, {}, options))).to.deep.equal(MISMATCH);
      expect(refusalOf(await delegators.delegate(own, other, receiver, options))).to.deep.equal(MISMATCH);
      expect(refusalOf(await delegators.delegate(own, other, issuer, options))).to.deep.equal(MISMATCH);
      const swapped = { ...issuer, receiver_application_id: 'app-a' };
      expect(refusalOf(await delegators.delegate(own, theirs, swapped, options))).to.deep.equal(MISMATCH);
      expect((await delegators.delegate(theirs, other, issuer, options)).status).to.equal(201);
      expect((await delegators.delegate(own, theirs, receiver, options)).status).to.equal(201);
    });

    it('come for a session that hands authority to itself, whether or not there is such a one', async () => {
      const session = await delegators.session();
      for (const each of [session, 'nobody']) {
        expect(refusalOf(await delegators.delegate(each, each))).to.deep.equal([400, 'self_delegation_denied']);
      }
    });
  });

  describe('for its resources', () => {
    for (const [what, fields, refusal] of [
      ['has ended', { resource_id: 'gone' }, [404, 'resource_not_found']],
      ['has ended, by its identifier', { resource_id: 'urn:gone' }, [404, 'resource_not_found']],
      ['is of another application', { resource_id: 'foreign' }, [403, 'resource_ownership_required']],
      ['is of another, by its identifier', { resource_id: 'urn:foreign' }, [403, 'resource_ownership_required']],
      [
        'is of another, in constraints',
        { constraints: { resources: ['foreign'] } },
        [403, 'resource_ownership_required'],
      ],
      ['is not in the list', { constraints: { resources: ['mail'] } }, [400, 'delegation_resource_scope_mismatch']],
      [
        'is not there, before one of another',
        { constraints: { resources: ['foreign', 'gone'] } },
        [404, 'resource_not_found'],
      ],
    ] as const) {
      it(`come where one ${what}`, async () => {
        expect(refusalOf(await between({ resource_id: 'files', ...fields }))).to.deep.equal(refusal);
      });
    }

    it('ask whose they are before whether they agree', async () => {
      const fields = { resource_id: 'files', constraints: { resources: ['foreign'] } };
      expect(refusalOf(await between(fields))).to.deep.equal([403, 'resource_ownership_required']);
    });

    it('name the one that is not there', async () => {
      const { body } = await between({ resource_id: 'files', constraints: { resources: ['files', 'gone'] } });
      expect(body['details']).to.deep.equal({ resource: 'gone' });
    });

    it('come no more once it is registered anew', async () => {
      await delegators.resource('back');
      await delegators.archive('back');
      expect(refusalOf(await between({ resource_id: 'back' }))).to.deep.equal([404, 'resource_not_found']);
      await delegators.resource('back');
      expect((await between({ resource_id: 'back' })).status).to.equal(201);
    });
  });

  describe('for its scopes', () => {
    for (const [what, fields] of [
      ['outside the resource', { resource_id: 'mail', scopes: ['send', 'read'] }],
      ['outside every resource', { resource_id: 'mail', constraints: { resources: ['mail', 'files'] }, scopes: ['x'] }],
      ['in other letters', { resource_id: 'mail', scopes: ['Send'] }],
      ['with more around it', { resource_id: 'mail', scopes: ['send '] }],
      ['that a prototype has', { resource_id: 'mail', scopes: ['toString', '__proto__'] }],
    ] as const) {
      it(`come with one ${what}`, async () => {
        expect(refusalOf(await between(fields))).to.deep.equal([403, 'delegation_scopes_exceed_resource']);
      });
    }

    it('do not come where the resource is not registered, nor for no scope at all', async () => {
      expect((await between({ resource_id: 'anything', scopes: ['x'] })).status).to.equal(201);
      expect((await between({ resource_id: 'mail', scopes: [] })).status).to.equal(201);
    });
  });

  describe('of a closed directory', () => {
    let closed: World;
    let within: Delegators;
    before(async () => {
      closed = await World.create({ DIRECTORY: 'closed' });
      within = new Delegators(closed);
      await within.register('applications', 'app-a', { registration_method: 'managed' });
      await within.register('subject-sessions', 'user-1', { session_type: 'user', expires_at: '2027-01-01T00:00:00Z' });
      await within.resource('files');
    });
    after(() => closed.destroy());

    it('come for every resource that is not registered, however it is named', async () => {
      const [source, target] = await within.pair();
      const not = async (fields: object) => refusalOf(await within.delegate(source, target, { ...fields }));
      expect(await not({ resource_id: 'else' })).to.deep.equal([404, 'resource_not_found']);
      const listed = { resource_id: 'files', constraints: { resources: ['files', 'else'] } };
      expect(await not(listed)).to.deep.equal([404, 'resource_not_found']);
      for (const name of ['files', 'urn:files']) {
        expect((await within.look(source, target, { resource_id: name })).status).to.equal(200);
      }
    });

    it('come for a receiver that is not registered', async () => {
      const [source, target] = await within.pair();
      const options = await within.as('app-a', 'coordinator.delegate_to:app-b');
      const fields = { resource_id: 'files', receiver_application_id: 'app-b' };
      expect(refusalOf(await within.delegate(source, target, fields, options))).to.deep.equal([
        404,
        'application_not_found',
      ]);
    });
  });
});
