// What callers may say about a delegation: the bounds of its fields from within and from without, scopes that only look
// alike, and bodies that mean harm.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const INVALID = [400, 'invalid_body'];
const UNKNOWN = [400, 'invalid_delegation_constraint'];
const names = (count: number) => Array.from({ length: count }, (_, n) => `name-${n}`);

describe('the body of a delegation', () => {
  let world: World;
  let delegators: Delegators;
  let source: string;
  let target: string;
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    [source, target] = await delegators.pair();
  });
  after(() => world.destroy());

  const look = (fields: Readonly<Record<string, unknown>>) => delegators.look(source, target, fields);
  const constrained = (constraints: unknown) => look({ constraints });
  /** A body as it is written, which JSON.stringify would not write. */
  const written = (fields: string) =>
    world.call(
      'POST',
      '/zones/z1/delegations?dry_run=true',
      `{"source_session_id":"${source}","target_session_id":"${target}","issuer_application_id":"app-a",` +
        `"receiver_application_id":"app-a","resource_id":"r","ttl_seconds":60,${fields}}`,
    );

  describe('in its fields', () => {
    for (const [field, value] of [
      ['constraints', []],
      ['constraints', 'none'],
      ['constraints', false],
      ['constraints_json', 7],
      ['constraints_json', '{"budget":1}'],
      ['constraints_json', [{ budget: 1 }]],
    ] as const) {
      it(`has no ${field} ${JSON.stringify(value)}, with the code of constraints`, async () => {
        for (const beside of [{}, { constraints: { budget: 1 } }, { constraints_json: { budget: 1 } }]) {
          const answer = await look({ ...beside, [field]: value });
          expect(refusalOf(answer)).to.deep.equal([400, 'invalid_delegation_constraint']);
          expect(answer.body['details']).to.deep.equal({ must_be: 'an object' });
        }
      });
    }

    for (const [field, value] of [
      ['source_session_id', undefined],
      ['source_session_id', null],
      ['target_session_id', ''],
      ['target_session_id', 'x'.repeat(256)],
      ['issuer_application_id', undefined],
      ['issuer_application_id', 7],
      ['receiver_application_id', undefined],
      ['receiver_application_id', ['app-a']],
      ['parent_edge_id', ''],
      ['parent_edge_id', 7],
      ['resource_id', ''],
      ['resource_id', 'r'.repeat(256)],
      ['resource_id', 'a\u0000'],
      ['resource_id', 'a\ud800'],
      ['resource_id', {}],
      ['scopes', 'read'],
      ['scopes', null],
      ['scopes', { 0: 'read' }],
      ['scopes', ['']],
      ['scopes', ['read', null]],
      ['scopes', ['a\n']],
      ['scopes', names(257)],
      ['scopes', ['s'.repeat(257)]],
      ['scopes', ['read', '🗝'.repeat(257)]],
      ['ttl_seconds', 0],
      ['ttl_seconds', -1],
      ['ttl_seconds', 86_401],
      ['ttl_seconds', 1.5],
      ['ttl_seconds', '60'],
      ['ttl_seconds', true],
      ['expires_at', ''],
      ['expires_at', 1_800_000_000_000],
      ['expires_at', '2026-06-01'],
      ['expires_at', '2026-06-01T00:00:00'],
      ['expires_at', '2026-06-01T00:00:00+00:00'],
      ['expires_at', '2026-06-01T02:00:00+02:00'],
      ['expires_at', '2026-06-01 00:00:00Z'],
      ['expires_at', '2026-06-01T00:00:00z'],
      ['expires_at', '2026-06-01T23:59:60Z'],
      ['expires_at', '2026-06-31T00:00:00Z'],
      ['expires_at', '2026-06-01T24:00:00Z'],
      ['expires_at', '2026-06-01T00:00:00.0123456789Z'],
      ['expires_at', '+012026-06-01T00:00:00Z'],
    ] as const) {
      it(`has no ${field} ${JSON.stringify([value]).slice(1, 41)}`, async () => {
        const answer = await look({ [field]: value });
        expect(refusalOf(answer)).to.deep.equal(INVALID);
        const { issues } = answer.body['details'] as { issues: { path: string[] }[] };
        expect(new Set(issues.map(({ path }) => path[0]))).to.deep.equal(new Set([field]));
      });
    }

    it('may be at each end of their bounds', async () => {
      for (const seconds of [1, 86_400]) {
        expect((await look({ ttl_seconds: seconds })).body['constraints_json']).to.include({ ttl_seconds: seconds });
      }
      expect((await look({ resource_id: '🗝'.repeat(255) })).status).to.equal(200);
      for (const at of ['2026-06-01T00:00:00Z', '2026-06-01T00:00:00.000000000Z', '2026-06-01T00:00:00.0Z']) {
        expect((await look({ expires_at: at })).body['expires_at']).to.equal('2026-06-01T00:00:00.000Z');
      }
      expect((await look({ expires_at: '9999-12-31T23:59:59.999Z' })).body['expires_at']).to.equal(
        '9999-12-31T23:59:59.999Z',
      );
    });

    it('may be null where they may be left out', async () => {
      const nothing = { parent_edge_id: null, constraints: null, constraints_json: null, expires_at: null };
      expect((await look(nothing)).status).to.equal(200);
    });

    it('are ignored where nobody knows them', async () => {
      expect(
        (await look({ colour: 'red', status: 'revoked', edge_version: 9, warnings: ['none'] })).body,
      ).to.deep.include({
        status: 'active',
        edge_version: 1,
        warnings: [],
      });
    });
  });

  describe('in its scopes', () => {
    it('may name 256 of them, one with 256 characters outside the basic plane, which are all kept', async () => {
      const scopes = Array.from({ length: 256 }, (_, n) => `${n}`.padStart(3, '0') + 'x'.repeat(200));
      scopes[0] = '🗝'.repeat(256);
      const [from, to] = await delegators.pair();
      const made = await delegators.delegate(from, to, { scopes });
      expect([made.status, made.body['scopes']]).to.deep.equal([201, scopes]);
      await world.restart();
      expect((await delegators.inbound(to))[0]?.['scopes']).to.deep.equal(scopes);
    });

    it('may say what only looks like another, which is another', async () => {
      const alike = ['\u00e9', 'e\u0301', 'read', 're\u0430d', 'READ', 'read ', 'read\u200b', '\u212b', '\u00c5'];
      const [first, middle] = await delegators.pair();
      const made = await delegators.delegate(first, middle, { scopes: alike, constraints: { max_hops: 2 } });
      expect(made.body['scopes']).to.deep.equal(alike);
      for (const own of alike) {
        const [from, to] = await delegators.pair();
        await delegators.edge(await delegators.session(), from, {
          scopes: [own],
          constraints: { max_hops: 2, budget: 9 },
        });
        for (const scope of alike) {
          const answer = await delegators.look(from, to, { scopes: [scope] });
          expect(answer.body['details'], `${own} ${scope}`).to.deep.equal(
            own === scope ? undefined : { exceeds: ['scopes'] },
          );
        }
      }
    });
  });

  describe('that means harm', () => {
    it('reaches no prototype', async () => {
      for (const key of ['constraints', 'constraints_json']) {
        const answer = await written(`"${key}":{"__proto__":{"budget":7,"max_hops":9}}`);
        expect(refusalOf(answer)).to.deep.equal(UNKNOWN);
        expect(answer.body['details']).to.deep.equal({ constraint: '__proto__' });
      }
      const { status, body } = await written('"__proto__":{"constraints":{"max_hops":9},"scopes":["all"]}');
      expect([status, body['scopes'], body['constraints_json']]).to.deep.equal([200, [], { ttl_seconds: 60 }]);
      expect(({} as Readonly<Record<string, unknown>>)['budget']).to.equal(undefined);
    });

    it('is refused where it nests deep, before and after what is parsed', async () => {
      const nested = (levels: number) => '{"in":'.repeat(levels) + '1' + '}'.repeat(levels);
      expect(refusalOf(await written(`"constraints":${nested(64)}`))).to.deep.equal(UNKNOWN);
      for (const levels of [65, 70, 50_000]) {
        expect(refusalOf(await written(`"constraints":${nested(levels)}`))).to.deep.equal(INVALID);
      }
      const lists = `${'['.repeat(63)}${']'.repeat(63)}`;
      expect(refusalOf(await written(`"constraints":{"resources":${lists}}`))).to.deep.equal([
        400,
        'invalid_resources',
      ]);
      expect(refusalOf(await written(`"scopes":[[[["read"]]]]`))).to.deep.equal(INVALID);
    });

    it('is refused where it is huge, in its own words', async () => {
      const many = Object.fromEntries(names(20_000).map((name) => [name, 1]));
      expect(refusalOf(await constrained(many))).to.deep.equal(UNKNOWN);
      expect(refusalOf(await look({ scopes: names(50_000) }))).to.deep.equal(INVALID);
      expect(refusalOf(await constrained({ resources: names(50_000) }))).to.deep.equal([400, 'invalid_resources']);
      const over = await look({ scopes: ['s'.repeat(1_048_576)] });
      expect(refusalOf(over)).to.deep.equal([413, 'payload_too_large']);
    });

    it('says a field twice, and is taken at its last word', async () => {
      const { body } = await written('"scopes":["one"],"scopes":["two"]');
      expect(body['scopes']).to.deep.equal(['two']);
    });
  });
});
