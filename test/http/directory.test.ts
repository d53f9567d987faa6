// The directory of a zone over HTTP: registering, reading, listing and archiving, by the operator and nobody else.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { itemsOf, refusalOf } from './callers.ts';
import { Registry, TABLES, type Table } from './registry.ts';

const iso = (at: number) => new Date(at).toISOString();

describe('the directory of a zone', () => {
  let world: World;
  let registry: Registry;
  before(async () => {
    world = await World.create();
    registry = new Registry(world);
  });
  after(() => world.destroy());

  const shown: readonly [Table, object, object][] = [
    ['applications', {}, { registration_method: 'managed', expires_at: null }],
    [
      'applications',
      { registration_method: 'dcr', expires_at: '2026-06-01T00:00:00.123456789Z' },
      { registration_method: 'dcr', expires_at: '2026-06-01T00:00:00.123Z' },
    ],
    ['applications', { expires_at: null }, { registration_method: 'managed', expires_at: null }],
    ['subject-sessions', {}, { session_type: 'user', expires_at: '2027-01-01T00:00:00.000Z' }],
    [
      'subject-sessions',
      { session_type: 'application' },
      { session_type: 'application', expires_at: '2027-01-01T00:00:00.000Z' },
    ],
    ['resources', {}, { identifier: 'urn:files', application_id: 'app-a', scopes: ['read', 'write'] }],
    ['resources', { scopes: [] }, { identifier: 'urn:files', application_id: 'app-a', scopes: [] }],
  ];
  for (const [table, fields, facts] of shown) {
    it(`shows one of ${table} as it was registered with ${JSON.stringify(fields)}`, async () => {
      const { status, body, headers } = await registry.put(table, 'shown', fields);
      expect([status, body]).to.deep.equal([
        200,
        { id: 'shown', zone_id: 'z1', ...facts, registered_at: iso(world.clock.now()), archived_at: null },
      ]);
      const read = await registry.get(table, 'shown');
      expect([read.status, read.body]).to.deep.equal([200, body]);
      expect(headers.get('coordinator-seq')).to.match(/^[1-9]\d*$/);
      expect(read.headers.get('coordinator-seq')).to.equal(headers.get('coordinator-seq'));
    });
  }

  const refused: readonly [Table, object][] = [
    ['applications', { registration_method: undefined }],
    ['applications', { registration_method: 'other' }],
    ['applications', { registration_method: ['dcr'] }],
    ['applications', { expires_at: 'tomorrow' }],
    ['applications', { expires_at: '2026-06-01T00:00:00+00:00' }],
    ['applications', { expires_at: 1_780_000_000 }],
    ['subject-sessions', { session_type: undefined }],
    ['subject-sessions', { session_type: 'service' }],
    ['subject-sessions', { expires_at: undefined }],
    ['subject-sessions', { expires_at: null }],
    ['subject-sessions', { expires_at: '2026-02-30T00:00:00Z' }],
    ['subject-sessions', { expires_at: '2026-06-30T23:59:60Z' }],
    ['resources', { identifier: undefined }],
    ['resources', { identifier: '' }],
    ['resources', { identifier: 'x'.repeat(256) }],
    ['resources', { application_id: undefined }],
    ['resources', { application_id: 'a\u0000' }],
    ['resources', { scopes: undefined }],
    ['resources', { scopes: 'read' }],
    ['resources', { scopes: [''] }],
    ['resources', { scopes: ['read', 7] }],
  ];
  for (const [table, fields] of refused) {
    const [[field, value] = []] = Object.entries(fields);
    it(`takes nothing for ${table} with ${field} ${JSON.stringify(value)?.slice(0, 30) ?? 'left out'}`, async () => {
      const answer = await registry.put(table, 'refused', fields);
      expect(refusalOf(answer)).to.deep.equal([400, 'invalid_body']);
      const { issues } = answer.body['details'] as { issues: { path: string[] }[] };
      expect(issues.map(({ path }) => path[0])).to.include(field);
      expect((await registry.get(table, 'refused')).status).to.equal(404);
    });
  }

  for (const table of TABLES) {
    describe(`with its ${table}`, () => {
      const calls: readonly [string, string, object?][] = [
        ['PUT', `/zones/z1/${table}/x`, {}],
        ['GET', `/zones/z1/${table}/x`],
        ['GET', `/zones/z1/${table}`],
        ['DELETE', `/zones/z1/${table}/x`],
      ];
      for (const [method, path, body] of calls) {
        it(`is closed to every token but the operator's at ${method} ${path}`, async () => {
          const token = await world.token({ scope: 'coordinator.admin coordinator.spawn_for:app-a' });
          expect(refusalOf(await world.call(method, path, body, { token }))).to.deep.equal([
            403,
            'operator_token_required',
          ]);
          const none = await world.call(method, path, body, { token: null });
          expect(refusalOf(none)).to.deep.equal([401, 'missing_token']);
          const wrong = await world.call(method, path, body, { token: `${OPERATOR_TOKEN}x` });
          expect(refusalOf(wrong)).to.deep.equal([401, 'invalid_token']);
        });
      }

      it('takes ids as every path does', async () => {
        for (const id of ['a%20b', 'a%2Fb', 'x'.repeat(129)]) {
          expect(refusalOf(await registry.put(table, id))).to.deep.equal([400, 'invalid_params']);
          expect(refusalOf(await registry.archive(table, id))).to.deep.equal([400, 'invalid_params']);
        }
        for (const id of ['__proto__', 'constructor', 'x'.repeat(128), 'A.b_c-1:2']) {
          expect(refusalOf(await registry.get(table, id))).to.deep.equal([404, 'directory_entry_not_found']);
          expect((await registry.put(table, id)).body['id']).to.equal(id);
          expect((await registry.get(table, id)).body['id']).to.equal(id);
        }
      });

      it('does not know what was never registered, or was in another table or zone', async () => {
        await registry.register(table, `only-${table}`);
        for (const other of TABLES.filter((each) => each !== table)) {
          const answer = await registry.get(other, `only-${table}`);
          expect(refusalOf(answer)).to.deep.equal([404, 'directory_entry_not_found']);
        }
        const path = `/zones/z2/${table}/only-${table}`;
        for (const method of ['GET', 'DELETE']) {
          const answer = await world.call(method, path, undefined, { token: OPERATOR_TOKEN });
          expect(refusalOf(answer)).to.deep.equal([404, 'directory_entry_not_found']);
        }
      });

      it('keeps what is archived as archived, once, until it is registered anew', async () => {
        await registry.register(table, 'gone');
        world.clock.advance(1_000);
        const gone = await registry.archive(table, 'gone');
        expect([gone.status, gone.text]).to.deep.equal([204, '']);
        const at = iso(world.clock.now());
        expect((await registry.get(table, 'gone')).body['archived_at']).to.equal(at);
        world.clock.advance(1_000);
        expect(refusalOf(await registry.archive(table, 'gone'))).to.deep.equal([404, 'directory_entry_not_found']);
        expect((await registry.get(table, 'gone')).body['archived_at']).to.equal(at);
        const anew = await registry.put(table, 'gone');
        expect(anew.body).to.include({ archived_at: null, registered_at: iso(world.clock.now()) });
        expect((await registry.archive(table, 'gone')).status).to.equal(204);
      });

      it('lists page by page everything once, archived ones too', async () => {
        await registry.register(table, 'page-1', 'page-2', 'page-3');
        await registry.archive(table, 'page-2');
        const all = itemsOf(await registry.list(table));
        const found: unknown[] = [];
        for (let query: string | null = 'limit=2'; query !== null;) {
          const { body } = await registry.list(table, query);
          found.push(...(body['items'] as unknown[]));
          const next = body['next_cursor'] as string | null;
          query = next === null ? null : `limit=2&cursor=${next}`;
        }
        expect(found).to.deep.equal(all);
        const pages = all.filter(({ id }) => String(id).startsWith('page-'));
        expect(pages.map(({ id, archived_at: at }) => [id, at !== null])).to.deep.equal([
          ['page-3', false],
          ['page-2', true],
          ['page-1', false],
        ]);
        const whole = await registry.list(table, `limit=${all.length}`);
        expect([itemsOf(whole).length, whole.body['next_cursor']]).to.deep.equal([all.length, null]);
      });

      it('goes on from a name that is not registered', async () => {
        const { body } = await registry.list(table, 'cursor=page-2a');
        const ids = (body['items'] as { id: string }[]).map(({ id }) => id);
        expect(ids.filter((id) => id.startsWith('page-'))).to.deep.equal(['page-2', 'page-1']);
      });

      it('refuses a cursor that is no name, and queries that no list takes', async () => {
        expect(refusalOf(await registry.list(table, 'cursor=a%20b'))).to.deep.equal([400, 'invalid_cursor']);
        for (const limit of ['0', '501', '1e2', '-1', '']) {
          expect(refusalOf(await registry.list(table, `limit=${limit}`))).to.deep.equal([400, 'invalid_query']);
        }
      });
    });
  }

  it('takes a PUT as the whole of it, and leaves nothing of what stood before', async () => {
    await registry.put('applications', 'whole', { registration_method: 'dcr', expires_at: '2026-06-01T00:00:00Z' });
    const { body } = await registry.put('applications', 'whole');
    expect(body).to.include({ registration_method: 'managed', expires_at: null });
  });
});
