// Whether the subject session of a start is proven, and which revocations are published: an application that names the login
// of another user cannot have it revoked.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type Answered, type TokenWish } from '../world/world.ts';
import { Callers, itemsOf } from './callers.ts';
import { sdkDoors, zoneDoor, type Door } from './doors.ts';
import { EventReader, type SeenEvent } from './event-reader.ts';

const APP = { application_id: 'app-a' };
const TOPICS = '?topics=caracal.sessions.revoke';

const interfaces: readonly [string, (world: World) => Door][] = [
  ['the routes of a zone', zoneDoor],
  ['/v1', sdkDoors.exchange],
];

for (const [name, doorOf] of interfaces) {
  describe(`the subject of a session that is started through ${name}`, () => {
    let world: World;
    let door: Door;
    before(async () => {
      world = await World.create();
      door = doorOf(world);
    });
    after(() => world.destroy());

    const as = async (wish: TokenWish) => ({ token: await world.token(wish) });
    const seen = ({ status, body, text }: Answered): unknown[] => {
      expect(status, text).to.equal(201);
      return [body['subject_session_id'], body['subject_proven']];
    };
    const idOf = ({ body }: Answered) => String(body['agent_session_id']);

    it('is proven where it is the sid of the token, named or not', async () => {
      expect(seen(await door.start(APP))).to.deep.equal(['user-1', true]);
      expect(seen(await door.start({ ...APP, subject_session_id: 'user-1' }))).to.deep.equal(['user-1', true]);
    });

    it('is taken as named and not proven where it is another', async () => {
      const stranger = { ...APP, subject_session_id: 'stranger' };
      expect(seen(await door.start(stranger))).to.deep.equal(['stranger', false]);
      expect(seen(await door.start(stranger, await as({ sid: null })))).to.deep.equal(['stranger', false]);
    });

    const rights: readonly [string, boolean][] = [
      ['coordinator.admin', true],
      ['coordinator.subject_for:app-a', true],
      ['coordinator.subject_for:app-b', false],
      ['coordinator.spawn_for:app-a', false],
    ];
    for (const [scope, isProven] of rights) {
      it(`is ${isProven ? '' : 'not '}proven, whatever it is, with scope ${scope}`, async () => {
        const answer = await door.start({ ...APP, subject_session_id: 'stranger' }, await as({ scope }));
        expect(seen(answer)).to.deep.equal(['stranger', isProven]);
      });
    }

    it('is proven below a parent whose same subject is, and not below one whose is not', async () => {
      const other = await as({ sid: 'user-2' });
      const parent = idOf(await door.start(APP));
      const below = await door.child(parent, { ...APP, subject_session_id: 'user-1' }, other);
      expect(seen(below)).to.deep.equal(['user-1', true]);
      expect(seen(await door.child(idOf(below), { ...APP, subject_session_id: 'user-1' }, other))[1]).to.equal(true);
      expect(seen(await door.child(parent, { ...APP, subject_session_id: 'user-3' }))).to.deep.equal(['user-3', false]);
      const unproven = idOf(await door.start({ ...APP, subject_session_id: 'user-1' }, other));
      const child = await door.child(unproven, { ...APP, subject_session_id: 'user-1' }, other);
      expect(seen(child)).to.deep.equal(['user-1', false]);
    });

    it('is shown with the session and in lists, also after a restart, and to a repeated start', async () => {
      const options = { headers: { 'Idempotency-Key': 'of-a-stranger' } };
      const fields = { ...APP, subject_session_id: 'stranger' };
      const first = await door.start(fields, options);
      for (const again of [false, true]) {
        if (again) await world.restart();
        expect((await door.start(fields, options)).body).to.deep.equal(first.body);
        const { body } = await world.call('GET', `/zones/z1/agents/${idOf(first)}`);
        expect(body).to.include({ subject_proven: false });
        const rows = itemsOf(await world.call('GET', '/zones/z1/agents?limit=500'));
        expect(rows.find((each) => each['agent_session_id'] === idOf(first))).to.include({ subject_proven: false });
      }
    });
  });
}

describe('a published revocation', () => {
  let world: World;
  let callers: Callers;
  let reader: EventReader;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
    reader = await EventReader.open(world.url, { token: OPERATOR_TOKEN, query: TOPICS });
  });
  afterEach(async () => {
    reader.close();
    await world.destroy();
  });

  const told = (seen: readonly SeenEvent[]) =>
    seen.map(({ data: { session_id, agent_session_id, delegation_edge_id, reason } }) => [
      session_id ?? null,
      agent_session_id,
      delegation_edge_id ?? null,
      reason,
    ]);
  const edge = async (
    source: string,
    target: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<string> => String((await callers.delegate(source, target, fields)).body['delegation_edge_id']);

  it('is the session alone if its subject was not proven, for every way to stop', async () => {
    const start = () => world.session({ subject_session_id: 'stranger', ttl_seconds: 60 });
    const [suspended, ended, lapsed] = [await start(), await start(), await start()];
    await callers.end(ended);
    await callers.patchSession(suspended, 'suspend');
    world.clock.advance(60_000);
    await reader.count(4);
    expect(told(reader.seen)).to.deep.equal([
      [null, ended, null, 'requested'],
      [null, suspended, null, 'requested'],
      [null, suspended, null, 'ttl'],
      [null, lapsed, null, 'ttl'],
    ]);
  });

  it('is the login of a proven session, where others that stop with it only name it', async () => {
    const token = await world.token({ sid: 'user-2' });
    const proven = await world.session();
    const claimed = await world.session({ parent_id: proven, subject_session_id: 'user-2' });
    const own = await world.session({ parent_id: proven }, { token });
    await callers.end(proven);
    await reader.count(3);
    expect(told(reader.seen)).to.deep.equal([
      ['user-1', proven, null, 'requested'],
      [null, claimed, null, 'parent_terminated'],
      ['user-2', own, null, 'parent_terminated'],
    ]);
  });

  it('is every edge that is revoked, with its own id and the session it led to', async () => {
    const [source, middle, last, other] = [
      await world.session(),
      await world.session(),
      await world.session(),
      await world.session(),
    ];
    const first = await edge(source, middle, { constraints: { max_hops: 2 } });
    const second = await edge(middle, last);
    await edge(source, other);
    await world.call('PATCH', `/zones/z1/delegations/${first}/revoke`);
    await reader.count(4);
    expect(told(reader.seen)).to.deep.equal([
      [null, middle, null, 'delegation_revoked'],
      [null, last, null, 'delegation_revoked'],
      [null, middle, first, 'delegation_revoked'],
      [null, last, second, 'delegation_revoked'],
    ]);
  });

  it('names an expired edge, but no agent_session_id and no login', async () => {
    const [source, target] = [await world.session(), await world.session()];
    const brief = await edge(source, target, { ttl_seconds: 5 });
    world.clock.advance(5_000);
    await reader.count(1);
    expect(told(reader.seen)).to.deep.equal([[null, undefined, brief, 'delegation_expired']]);
    expect(reader.seen[0]?.data).to.include({ target_session_id: target });
    expect(await callers.session(target)).to.include({ status: 'active' });
  });

  it('is an edge of two applications to them alone, and each session to all', async () => {
    const source = await world.session();
    const b = { token: await world.token({ app: 'app-b', sid: 'user-2' }) };
    const target = await world.session({ application_id: 'app-b' }, b);
    const consent = { token: await world.token({ scope: 'coordinator.delegate_to:app-b' }) };
    const { body } = await callers.delegate(source, target, { receiver_application_id: 'app-b' }, consent);
    const readers = await Promise.all(
      ['app-a', 'app-b', 'app-c'].map(async (app) =>
        EventReader.open(world.url, { token: await world.token({ app }), query: TOPICS }),
      ),
    );
    await world.call('PATCH', `/zones/z1/delegations/${String(body['delegation_edge_id'])}/revoke`);
    await callers.end(source);
    const edges = await Promise.all(
      readers.map(async (each) => {
        const seen = await each.until((events) => events.some(({ data }) => data['agent_session_id'] === source));
        each.close();
        return seen.filter(({ data }) => data['reason'] === 'delegation_revoked').map(({ data }) => data);
      }),
    );
    expect(edges.map((seen) => seen.length)).to.deep.equal([2, 2, 1]);
    expect(edges[2]?.[0]).to.include({ session_id: 'user-2', agent_session_id: target });
  });

  it('has the same ids for a reader that comes back after any of them, from memory and from the journal', async () => {
    const [source, target] = [await world.session(), await world.session()];
    const revoked = await edge(source, target);
    await edge(source, await world.session(), { ttl_seconds: 5 });
    await world.call('PATCH', `/zones/z1/delegations/${revoked}/revoke`);
    world.clock.advance(5_000);
    await reader.count(3);
    const all = [...reader.seen];
    for (const again of [false, true]) {
      if (again) await world.restart();
      for (const [index, { id }] of all.entries()) {
        const options = { token: OPERATOR_TOKEN, query: TOPICS, lastEventId: id };
        const back = await EventReader.open(world.url, options);
        const rest = all.slice(index + 1);
        expect(await back.count(rest.length)).to.deep.equal(rest);
        back.close();
      }
    }
  });
});
