// The constraints of a delegation: the bounds of every one from within and from without, those that nobody knows, and two
// kinds of them at once.
import { expect } from 'chai';
import { isoInstant } from '../../src/clock.ts';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const UNKNOWN = [400, 'invalid_delegation_constraint'];
const names = (count: number) => Array.from({ length: count }, (_, n) => `name-${n}`);

describe('the constraints of a delegation', () => {
  let world: World;
  let delegators: Delegators;
  let ends: [string, string];
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    ends = await delegators.pair();
  });
  after(() => world.destroy());

  const look = (fields: Readonly<Record<string, unknown>>) => delegators.look(...ends, fields);
  const constrained = (constraints: unknown) => look({ constraints });

  for (const [name, least, most, code] of [
    ['max_hops', 1, 10, 'invalid_max_hops'],
    ['max_depth', 1, 10, 'invalid_max_depth'],
    ['ttl_seconds', 1, 86_400, 'invalid_ttl_seconds'],
    ['budget', 1, 1_024, 'invalid_budget'],
  ] as const) {
    it(`have a whole number from ${least} to ${most} for ${name}`, async () => {
      for (const value of [least, most]) {
        const { body } = await look({ constraints: { [name]: value }, ttl_seconds: 86_400 });
        expect(body['constraints_json']).to.include({ [name]: value });
      }
      for (const value of [least - 1, most + 1, -1, 1.5, `${least}`, true, [least], {}, 1e300]) {
        const answer = await constrained({ [name]: value });
        expect(refusalOf(answer), JSON.stringify(value)).to.deep.equal([400, code]);
        expect(answer.body['details']).to.deep.equal({ constraint: name });
      }
    });
  }

  for (const [name, code, bad] of [
    ['resources', 'invalid_resources', ['one', {}, 7, [7], [null], [''], ['a\u0000'], ['r'.repeat(256)], names(65)]],
    ['policy_approved', 'invalid_policy_approved', ['true', 0, 1, [], {}]],
    ['broad_reason', 'invalid_broad_reason', ['', 'x'.repeat(257), 'a\u0000', 'a\ud800', 7, ['x']]],
    [
      'expires_at',
      'invalid_expires_at',
      ['', 7, '2026-06-01', '2026-06-01T02:00:00+02:00', '2026-06-01T23:59:60Z', '2026-02-30T00:00:00Z', {}],
    ],
  ] as const) {
    it(`have no unfit value for ${name}`, async () => {
      for (const value of bad) {
        const answer = await constrained({ [name]: value });
        expect(refusalOf(answer), JSON.stringify(value).slice(0, 60)).to.deep.equal([400, code]);
      }
    });
  }

  it('may name 64 resources of 255 characters, and give 256 characters of a reason', async () => {
    const resources = names(64).map((name) => name.padEnd(255, '.'));
    const { body } = await look({ resource_id: null, constraints: { resources, broad_reason: 'x'.repeat(256) } });
    expect(body['constraints_json']).to.deep.include({ resources, broad_reason: 'x'.repeat(256) });
  });

  it('take null for every one that is not given', async () => {
    const nothing = ['resources', 'max_hops', 'max_depth', 'ttl_seconds', 'budget', 'policy_approved', 'expires_at'];
    const { body } = await constrained(Object.fromEntries([...nothing, 'broad_reason'].map((name) => [name, null])));
    expect(body['constraints_json']).to.deep.equal({ ttl_seconds: 3_600 });
  });

  it('know max_hops and max_depth for one thing', async () => {
    for (const given of [{ max_hops: 4 }, { max_depth: 4 }, { max_hops: 4, max_depth: 4 }]) {
      expect((await constrained(given)).body['effective_authority']).to.include({ max_hops: 4 });
    }
    expect(refusalOf(await constrained({ max_hops: 4, max_depth: 5 }))).to.deep.equal([400, 'invalid_max_hops']);
    const apart = { constraints: { max_hops: 4 }, constraints_json: { max_depth: 5 } };
    expect(refusalOf(await look(apart))).to.deep.equal([400, 'invalid_max_hops']);
  });

  for (const name of [
    'colour',
    'Budget',
    'max_hops ',
    'constructor',
    'toString',
    'hasOwnProperty',
    'scopes',
    '',
    'a.b',
  ]) {
    it(`know nothing of "${name}"`, async () => {
      for (const place of ['constraints', 'constraints_json']) {
        const answer = await look({ [place]: { budget: 1, [name]: 1 } });
        expect(refusalOf(answer)).to.deep.equal(UNKNOWN);
        expect(answer.body['details']).to.deep.equal({ constraint: name });
      }
    });
  }

  describe('of both kinds', () => {
    it('live for the shorter of two times', async () => {
      for (const [inside, beside] of [
        [60, 3_600],
        [3_600, 60],
      ]) {
        const { body } = await look({ constraints: { ttl_seconds: inside }, ttl_seconds: beside });
        expect(body['constraints_json']).to.include({ ttl_seconds: 60 });
        expect(Date.parse(String(body['expires_at']))).to.equal(world.clock.now() + 60_000);
      }
    });

    it('count together where the first says null, which gives nothing', async () => {
      const { body } = await look({ constraints: { budget: null }, constraints_json: { budget: 3 } });
      expect(body['constraints_json']).to.include({ budget: 3 });
    });

    it('count together, and the first counts where both say one thing', async () => {
      const both = { constraints: { budget: 2 }, constraints_json: { budget: 3, max_hops: 4, policy_approved: true } };
      const { body } = await look(both);
      expect(body['constraints_json']).to.include({ budget: 2, max_hops: 4, policy_approved: true });
    });

    it('count either alone', async () => {
      for (const place of ['constraints', 'constraints_json']) {
        expect((await look({ [place]: { budget: 5 } })).body['constraints_json']).to.include({ budget: 5 });
      }
    });

    it('are refused for an unfit one of the second, as of the first', async () => {
      const unfit = { constraints: { max_hops: 2 }, constraints_json: { budget: 0 } };
      expect(refusalOf(await look(unfit))).to.deep.equal([400, 'invalid_budget']);
    });

    it('end the edge by the second where the first says nothing of it', async () => {
      const both = { ttl_seconds: undefined, constraints: { budget: 1 }, constraints_json: { ttl_seconds: 30 } };
      const { body } = await look(both);
      expect(body['expires_at']).to.equal(isoInstant(world.clock.now() + 30_000));
    });
  });
});
