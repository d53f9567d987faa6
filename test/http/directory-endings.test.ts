// What ends with an application or a subject session: the sessions that stand on it, everything below and between those,
// on the instant; and that all of it is the same after a restart.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, itemsOf, refusalOf } from './callers.ts';
import { Registry, type Table } from './registry.ts';

const HOUR_MS = 3_600_000;
const iso = (at: number) => new Date(at).toISOString();

describe('an end in the directory', () => {
  let world: World;
  let callers: Callers;
  let registry: Registry;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
    registry = new Registry(world);
  });
  afterEach(() => world.destroy());

  /** A token of app-c, whose own session stands on nothing that is registered here. */
  const watcher = async () => ({ token: await world.token({ app: 'app-c', sid: 'user-9', scope: SCOPES }) });
  const SCOPES =
    'coordinator.admin coordinator.spawn_for:app-a coordinator.spawn_for:app-b coordinator.spawn_under:app-a';
  const start = async (app: string, subject: string, fields: object = {}) =>
    world.session({ application_id: app, subject_session_id: subject, ...fields }, await watcher());
  const endOf = async (id: string) => {
    const { body } = await world.call('GET', `/zones/z1/agents/${id}`, undefined, await watcher());
    return [body['status'], body['termination_reason'], body['terminated_at']];
  };

  const ends: readonly [Table, string, string][] = [
    ['applications', 'app-a', 'application_ended'],
    ['subject-sessions', 'user-1', 'subject_session_ended'],
  ];
  for (const [table, name, reason] of ends) {
    describe(`of ${table}`, () => {
      it('by archiving ends every session that stands on it, with all below, and no other', async () => {
        await registry.register(table, name);
        const root = await start('app-a', 'user-1');
        const own = await start('app-a', 'user-1', { parent_id: root });
        const foreign = await start('app-b', 'user-2', { parent_id: own });
        const suspended = await start('app-a', 'user-1', { lifecycle: 'service' });
        await world.call('PATCH', `/zones/z1/agents/${suspended}/suspend`, undefined, await watcher());
        const other = await start('app-b', 'user-2');
        await registry.archive(table, name);
        const at = iso(world.clock.now());
        expect(await endOf(root)).to.deep.equal(['terminated', reason, at]);
        expect(await endOf(own)).to.deep.equal(['terminated', reason, at]);
        expect(await endOf(suspended)).to.deep.equal(['terminated', reason, at]);
        expect(await endOf(foreign)).to.deep.equal(['terminated', 'parent_terminated', at]);
        expect(await endOf(other)).to.deep.equal(['active', null, null]);
      });

      it('takes the edges and the invocations of those sessions along', async () => {
        await registry.register(table, name);
        const [source, target] = [await start('app-a', 'user-1'), await start('app-c', 'user-9')];
        const scope = 'coordinator.admin';
        const asked = { receiver_application_id: 'app-c' };
        const edge = await callers.delegate(source, target, asked, { token: await world.token({ scope }) });
        expect(edge.status).to.equal(201);
        const service = await callers.service({ application_id: 'app-c' }, await watcher());
        const token = (await watcher()).token;
        const running = await callers.invocation({ service_id: service, source_session_id: source }, { token });
        const waiting = await callers.invocation({ service_id: service, source_session_id: source }, { token });
        await callers.move(running, 'start', {}, { token });
        await registry.archive(table, name);
        const inbound = await world.call('GET', `/zones/z1/delegations/inbound/${target}`, undefined, { token });
        expect(itemsOf(inbound).map(({ status }) => status)).to.deep.equal(['revoked']);
        const list = itemsOf(await callers.list('', { token }));
        expect(list.map(({ id, status }) => [id, status])).to.deep.equal([
          [waiting, 'canceled'],
          [running, 'cancel_requested'],
        ]);
        expect(await endOf(target)).to.deep.equal(['active', null, null]);
      });

      it('comes on the very instant of its expiry, though nobody calls', async () => {
        const due = world.clock.now() + HOUR_MS / 2;
        await registry.put(table, name, { expires_at: iso(due) });
        const session = await start('app-a', 'user-1');
        world.clock.advance(HOUR_MS / 2 - 1);
        expect(await endOf(session)).to.deep.equal(['active', null, null]);
        world.clock.advance(1);
        expect(await endOf(session)).to.deep.equal(['terminated', reason, iso(due)]);
        expect((await registry.get(table, name)).body).to.include({ archived_at: iso(due), expires_at: iso(due) });
        expect(refusalOf(await registry.archive(table, name))).to.deep.equal([404, 'directory_entry_not_found']);
      });

      it('comes when the last registration says, not an earlier one', async () => {
        const now = world.clock.now();
        const session = await start('app-a', 'user-1');
        await registry.put(table, name, { expires_at: iso(now + 1_000) });
        await registry.put(table, name, { expires_at: iso(now + 5_000) });
        world.clock.advance(4_999);
        expect((await endOf(session))[0]).to.equal('active');
        await registry.put(table, name, { expires_at: iso(now + 9_000) });
        await registry.put(table, name, { expires_at: iso(now + 5_000) });
        world.clock.advance(1);
        expect(await endOf(session)).to.deep.equal(['terminated', reason, iso(now + 5_000)]);
      });

      it('comes at its instant while the coordinator is down, and is known to have come', async () => {
        const due = world.clock.now() + 60_000;
        await registry.put(table, name, { expires_at: iso(due) });
        const session = await start('app-a', 'user-1');
        await world.stop();
        world.clock.advance(120_000);
        await world.start();
        expect(await endOf(session)).to.deep.equal(['terminated', reason, iso(due)]);
        expect((await registry.get(table, name)).body['archived_at']).to.equal(iso(due));
      });

      it('that lies in the past already when it is registered comes with the registration, not before it', async () => {
        const session = await start('app-a', 'user-1');
        world.clock.advance(60_000);
        await registry.put(table, name, { expires_at: '2020-01-01T00:00:00Z' });
        const now = iso(world.clock.now());
        expect(await endOf(session)).to.deep.equal(['terminated', reason, now]);
        expect((await registry.get(table, name)).body['archived_at']).to.equal(now);
        await world.restart();
        expect(await endOf(session)).to.deep.equal(['terminated', reason, now]);
      });

      it('leaves ended what it ended when the name is registered anew', async () => {
        await registry.register(table, name);
        const session = await start('app-a', 'user-1');
        await registry.archive(table, name);
        await registry.register(table, name);
        expect((await endOf(session)).slice(0, 2)).to.deep.equal(['terminated', reason]);
        expect((await endOf(await start('app-a', 'user-1')))[0]).to.equal('active');
      });

      it('is in the history of what it ended, by the operator, and by nobody where it lapsed', async () => {
        await registry.register(table, name);
        const archived = await start('app-a', 'user-1');
        await registry.archive(table, name);
        await registry.put(table, name, { expires_at: iso(world.clock.now() + 1_000) });
        const lapsed = await start('app-a', 'user-1');
        world.clock.advance(1_000);
        for (const [id, event, by] of [
          [archived, 'directory.archived', 'operator'],
          [lapsed, 'directory.lapsed', null],
        ] as const) {
          const { body } = await world.call('GET', `/zones/z1/agents/${id}/history`, undefined, await watcher());
          const last = (body['items'] as { event: string; by: { subject: string } | null }[]).at(-1);
          expect([last?.event, last?.by?.subject ?? null]).to.deep.equal([event, by]);
        }
      });
    });
  }

  it('of a resource ends nothing', async () => {
    await registry.register('resources', 'r-1');
    const [source, target] = [await world.session(), await world.session()];
    expect((await callers.delegate(source, target, { resource_id: 'r-1' })).status).to.equal(201);
    await registry.archive('resources', 'r-1');
    const active = await world.call('GET', '/zones/z1/delegations/active');
    expect(itemsOf(active).map(({ status }) => status)).to.deep.equal(['active']);
    expect((await callers.session(target))['status']).to.equal('active');
  });

  it('is the same after a restart, as is all that is registered', async () => {
    await registry.put('applications', 'app-x', { registration_method: 'dcr', expires_at: '2026-09-01T00:00:00Z' });
    await registry.register('subject-sessions', 'user-x', 'user-y');
    await registry.put('resources', 'r-x', { identifier: 'urn:x', scopes: ['a', 'b'] });
    await registry.archive('subject-sessions', 'user-y');
    const tables = ['applications', 'subject-sessions', 'resources'] as const;
    const seen = async () => Promise.all(tables.map(async (table) => (await registry.list(table)).body));
    const before = await seen();
    await world.restart();
    expect(await seen()).to.deep.equal(before);
    expect(before.map(({ items }) => (items as unknown[]).length)).to.deep.equal([1, 2, 1]);
  });
});
