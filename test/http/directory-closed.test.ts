// DIRECTORY=closed: who and what is not registered is refused, wherever a token or a body names it; and the same requests
// under DIRECTORY=open, which takes what it has never heard of as it is named.
import { expect } from 'chai';
import { World, type Answered, type TokenWish } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';
import { Registry } from './registry.ts';

const BROAD_RIGHTS =
  'coordinator.admin coordinator.spawn_for:stranger coordinator.delegate_from:stranger coordinator.delegate_to:stranger';

interface Known {
  readonly world: World;
  readonly callers: Callers;
  /** Two sessions of app-a. */
  readonly source: string;
  readonly target: string;
}

interface Row {
  readonly what: string;
  readonly as?: TokenWish;
  readonly ask: (known: Known, token: string) => Promise<Answered>;
  readonly refused: readonly [number, string];
  readonly open: number;
}

const start =
  (fields: object) =>
  ({ world }: Known, token: string) =>
    world.call('POST', '/zones/z1/agents', { application_id: 'app-a', ...fields }, { token });

const begin =
  (fields: object) =>
  ({ world }: Known, token: string) =>
    world.call('POST', '/v1/begin', { zone_id: 'z1', application_id: 'app-a', ...fields }, { token });

const delegate =
  (fields: Readonly<Record<string, unknown>>) =>
  ({ callers, source, target }: Known, token: string) =>
    callers.delegate(source, target, { resource_id: 'r-1', ...fields }, { token });

const list = ({ world }: Known, token: string) => world.call('GET', '/zones/z1/agents', undefined, { token });

const rows: readonly Row[] = [
  {
    what: 'a token of an unknown application',
    as: { app: 'stranger' },
    ask: list,
    refused: [401, 'identity_revoked'],
    open: 200,
  },
  {
    what: 'a token of an unknown subject session',
    as: { sid: 'nobody' },
    ask: list,
    refused: [401, 'identity_revoked'],
    open: 200,
  },
  {
    what: 'a start for an unknown application',
    as: { scope: BROAD_RIGHTS },
    ask: start({ application_id: 'stranger' }),
    refused: [404, 'application_not_found'],
    open: 201,
  },
  {
    what: 'a start on an unknown subject session',
    ask: start({ subject_session_id: 'nobody' }),
    refused: [404, 'session_not_found'],
    open: 201,
  },
  {
    what: '/v1/begin for an unknown application',
    as: { scope: BROAD_RIGHTS },
    ask: begin({ application_id: 'stranger' }),
    refused: [404, 'application_not_found'],
    open: 201,
  },
  {
    what: '/v1/begin on an unknown subject session',
    ask: begin({ subject_session_id: 'nobody' }),
    refused: [404, 'session_not_found'],
    open: 201,
  },
  {
    what: 'a service of an unknown application',
    as: { scope: BROAD_RIGHTS },
    ask: ({ callers }, token) => callers.register({ application_id: 'stranger' }, { token }),
    refused: [404, 'application_not_found'],
    open: 201,
  },
  {
    what: 'a delegation from an unknown application',
    as: { scope: BROAD_RIGHTS },
    ask: delegate({ issuer_application_id: 'stranger' }),
    refused: [404, 'application_not_found'],
    open: 409, // An open directory goes on, and finds the session to be of another application.
  },
  {
    what: 'a delegation to an unknown application',
    as: { scope: BROAD_RIGHTS },
    ask: delegate({ receiver_application_id: 'stranger' }),
    refused: [404, 'application_not_found'],
    open: 409,
  },
  {
    what: 'a delegation over an unknown resource',
    ask: delegate({ resource_id: 'r-9' }),
    refused: [404, 'resource_not_found'],
    open: 201,
  },
  {
    what: 'a delegation over one known and one unknown resource',
    ask: delegate({ resource_id: null, constraints: { resources: ['r-1', 'r-9'] } }),
    refused: [404, 'resource_not_found'],
    open: 201,
  },
];

for (const directory of ['closed', 'open'] as const) {
  describe(`the ${directory} directory of a zone`, () => {
    let world: World;
    let registry: Registry;
    let known: Known;
    before(async () => {
      world = await World.create({ DIRECTORY: directory });
      registry = new Registry(world);
      await registry.register('applications', 'app-a');
      await registry.register('subject-sessions', 'user-1');
      await registry.register('resources', 'r-1');
      const [source, target] = [await world.session(), await world.session()];
      known = { world, callers: new Callers(world), source, target };
    });
    after(() => world.destroy());

    for (const { what, as, ask, refused, open } of rows) {
      it(`${directory === 'closed' ? 'refuses' : 'judges as named'} ${what}`, async () => {
        const answer = await ask(known, await world.token(as));
        if (directory === 'closed') expect(refusalOf(answer)).to.deep.equal(refused);
        else expect(answer.status).to.equal(open);
      });
    }

    it('takes what is registered', async () => {
      const token = await world.token();
      expect((await start({})(known, token)).status).to.equal(201);
      expect((await begin({})(known, token)).status).to.equal(201);
      expect((await known.callers.register()).status).to.equal(201);
      const edge = await delegate({ resource_id: null, constraints: { resources: ['urn:files'] } })(known, token);
      expect(edge.status).to.equal(201);
      expect((await list(known, await world.token({ sid: null }))).status).to.equal(200);
    });

    it('refuses what was registered and has ended', async () => {
      await registry.register('applications', 'app-gone');
      await registry.register('subject-sessions', 'user-gone');
      await registry.put('resources', 'r-gone', { identifier: 'urn:gone' });
      await registry.archive('applications', 'app-gone');
      await registry.archive('subject-sessions', 'user-gone');
      await registry.archive('resources', 'r-gone');
      const scope = 'coordinator.admin coordinator.spawn_for:app-gone coordinator.delegate_to:app-gone';
      const token = await world.token({ scope });
      const codes = [
        await start({ application_id: 'app-gone' })(known, token),
        await begin({ application_id: 'app-gone' })(known, token),
        await known.callers.register({ application_id: 'app-gone' }, { token }),
        await delegate({ receiver_application_id: 'app-gone' })(known, token),
        await start({ subject_session_id: 'user-gone' })(known, token),
        await delegate({ resource_id: 'r-gone' })(known, token),
        await delegate({ resource_id: 'urn:gone' })(known, token),
        await list(known, await world.token({ app: 'app-gone' })),
        await list(known, await world.token({ sid: 'user-gone' })),
      ].map((answer) => refusalOf(answer));
      expect(codes).to.deep.equal([
        ...Array(4).fill([404, 'application_not_found']),
        [404, 'session_not_found'],
        ...Array(2).fill([404, 'resource_not_found']),
        ...Array(2).fill([401, 'identity_revoked']),
      ]);
    });

    it('asks who may before it says what is known', async () => {
      const token = await world.token();
      const foreign = [
        await start({ application_id: 'stranger' })(known, token),
        await begin({ application_id: 'stranger' })(known, token),
        await delegate({ issuer_application_id: 'stranger' })(known, token),
        await delegate({ receiver_application_id: 'stranger' })(known, token),
      ].map((answer) => refusalOf(answer));
      expect(foreign).to.deep.equal([
        [403, 'application_ownership_required'],
        [403, 'application_ownership_required'],
        [403, 'issuer_ownership_required'],
        [403, 'receiver_consent_required'],
      ]);
    });
  });
}

describe('a directory that is closed at a restart', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  it('refuses from then on whoever was taken as named, and leaves running what runs', async () => {
    const session = await world.session();
    await world.restart({ DIRECTORY: 'closed' });
    expect(refusalOf(await world.call('GET', '/zones/z1/agents'))).to.deep.equal([401, 'identity_revoked']);
    const registry = new Registry(world);
    await registry.register('applications', 'app-a');
    await registry.register('subject-sessions', 'user-1');
    const { body } = await world.call('GET', `/zones/z1/agents/${session}`);
    expect(body['status']).to.equal('active');
  });
});
