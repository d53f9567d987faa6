// Who may hand authority on: every kind of caller against every kind of edge, as a table, with the refusal of each that
// may not. Sessions and edges are of app-a and app-b.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const FROM_A = 'coordinator.delegate_from:app-a';
const FROM_B = 'coordinator.delegate_from:app-b';
const TO_B = 'coordinator.delegate_to:app-b';
const ADMIN = 'coordinator.admin';
const BROAD = 'coordinator.delegate_broad';
const BROAD_A = 'coordinator.delegate_broad:app-a';
const BROAD_B = 'coordinator.delegate_broad:app-b';

const ISSUER = 'issuer_ownership_required';
const RECEIVER = 'receiver_consent_required';
const MORE = 'broad_delegation_permission_required';

/** The application that asks, its scopes, and the refusal, or null where it may. */
type Row = readonly [app: string, scope: string, refusal: string | null];

const KINDS: Readonly<
  Record<string, { readonly receiver: string; readonly isBroad: boolean; readonly rows: readonly Row[] }>
> = {
  'from app-a to itself': {
    receiver: 'app-a',
    isBroad: false,
    rows: [
      ['app-a', '', null],
      ['app-c', FROM_A, null],
      ['app-b', FROM_A, null],
      ['app-b', '', ISSUER],
      ['app-c', ADMIN, ISSUER],
      ['app-c', FROM_B, ISSUER],
      ['app-c', `${TO_B} coordinator.delegate_to:app-a`, ISSUER],
      ['app-c', BROAD, ISSUER],
      ['app-c', 'coordinator.delegate_from', ISSUER],
      ['app-c', 'coordinator.delegate_from:', ISSUER],
      ['app-c', 'coordinator.delegate_from:app', ISSUER],
      ['app-c', 'coordinator.delegate_from:app-a:more', ISSUER],
      ['app-c', 'coordinator.delegate_from:*', ISSUER],
      ['app-c', 'coordinator.delegate_from:{app}', ISSUER],
      ['app-c', 'Coordinator.Delegate_From:app-a', ISSUER],
      ['app-c', 'coordinator.spawn_for:app-a coordinator.invoke_from:app-a', ISSUER],
    ],
  },
  'from app-a to app-b': {
    receiver: 'app-b',
    isBroad: false,
    rows: [
      ['app-a', TO_B, null],
      ['app-a', ADMIN, null],
      ['app-b', FROM_A, null],
      ['app-c', `${FROM_A} ${TO_B}`, null],
      ['app-c', `${FROM_A} ${ADMIN}`, null],
      ['app-a', '', RECEIVER],
      ['app-a', 'coordinator.delegate_to:app-a', RECEIVER],
      ['app-a', 'coordinator.delegate_to', RECEIVER],
      ['app-a', FROM_B, RECEIVER],
      ['app-a', BROAD, RECEIVER],
      ['app-c', FROM_A, RECEIVER],
      ['app-b', '', ISSUER],
      ['app-b', ADMIN, ISSUER],
      ['app-c', TO_B, ISSUER],
      ['app-c', ADMIN, ISSUER],
    ],
  },
  'of no resource, from app-a to itself': {
    receiver: 'app-a',
    isBroad: true,
    rows: [
      ['app-a', ADMIN, null],
      ['app-a', BROAD, null],
      ['app-a', BROAD_A, null],
      ['app-c', `${FROM_A} ${BROAD_A}`, null],
      ['app-a', '', MORE],
      ['app-a', BROAD_B, MORE],
      ['app-a', `${BROAD}:`, MORE],
      ['app-a', FROM_A, MORE],
      ['app-c', FROM_A, MORE],
      ['app-c', `${FROM_A} coordinator.delegate_broad:app-c`, MORE],
      ['app-c', BROAD, ISSUER],
    ],
  },
  'of no resource, from app-a to app-b': {
    receiver: 'app-b',
    isBroad: true,
    rows: [
      ['app-a', ADMIN, null],
      ['app-a', `${TO_B} ${BROAD}`, null],
      ['app-a', `${TO_B} ${BROAD_A}`, null],
      ['app-a', TO_B, MORE],
      ['app-a', `${TO_B} ${BROAD_B}`, MORE],
      ['app-b', FROM_A, MORE],
      ['app-b', `${FROM_A} ${BROAD_B}`, MORE],
      ['app-a', BROAD, RECEIVER],
    ],
  },
};

describe('the rights to hand authority on', () => {
  let world: World;
  let delegators: Delegators;
  let source: string;
  const targets = new Map<string, string>();
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    source = await delegators.session();
    for (const app of ['app-a', 'app-b']) targets.set(app, await delegators.session(app));
  });
  after(() => world.destroy());

  const termsOf = (kind: string) => {
    const { receiver, isBroad } = KINDS[kind] as (typeof KINDS)[string];
    return {
      target: String(targets.get(receiver)),
      fields: { receiver_application_id: receiver, ...(isBroad ? { resource_id: null } : {}) },
    };
  };

  for (const [kind, { rows }] of Object.entries(KINDS)) {
    for (const [app, scope, refusal] of rows) {
      it(`${refusal === null ? 'let' : 'do not let'} ${app} with "${scope}" make one ${kind}`, async () => {
        const { target, fields } = termsOf(kind);
        const answer = await delegators.delegate(source, target, fields, await delegators.as(app, scope));
        if (refusal === null) expect(answer.status).to.equal(201);
        else expect(refusalOf(answer)).to.deep.equal([403, refusal]);
      });
    }

    it(`do not let the operator make one ${kind}`, async () => {
      const { target, fields } = termsOf(kind);
      const answer = await delegators.delegate(source, target, fields, { token: OPERATOR_TOKEN });
      expect(refusalOf(answer)).to.deep.equal([403, 'operator_not_allowed']);
    });
  }

  it('do not come from holding the session itself', async () => {
    const theirs = await delegators.session('app-b');
    const answer = await delegators.delegate(source, theirs, {}, await delegators.as('app-b'));
    expect(refusalOf(answer)).to.deep.equal([403, ISSUER]);
  });

  it('are of one zone', async () => {
    const token = await world.token({ zone: 'z2', scope: `${ADMIN} ${FROM_A}` });
    const answer = await delegators.delegate(source, String(targets.get('app-a')), {}, { token });
    expect(refusalOf(answer)).to.deep.equal([403, 'zone_mismatch']);
  });

  it('are asked for names like any other, also such as a pattern would read otherwise', async () => {
    const app = '$&.*';
    const session = await delegators.session(app);
    const fields = { issuer_application_id: app, receiver_application_id: app };
    const make = async (scope: string) =>
      delegators.delegate(session, await delegators.session(app), fields, await delegators.as('app-c', scope));
    expect(refusalOf(await make('coordinator.delegate_from:{app}.*'))).to.deep.equal([403, ISSUER]);
    expect((await make(`coordinator.delegate_from:${app}`)).status).to.equal(201);
  });
});
