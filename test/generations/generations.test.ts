// Clients of both generations make every call, and are answered as the table says. The table is also
// `docs/generations.md`.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import { World, type Answered } from '../world/world.ts';
import { generationsOf, oursOf, WORLDS, type Generation, type Row, type WorldName } from './row.ts';
import { SECTIONS, ROWS } from './rows/rows.ts';
import { Setting } from './setting.ts';
import { unequalTwins } from './twins.ts';

/** The calls that the rows cover. */
const CALLS = [...new Set(ROWS.map(({ call }) => call))];

const answerOf = ({ status, body }: Answered): string =>
  [String(status), ...(typeof body['error'] === 'string' ? [body['error']] : [])].join(' ');

const memberOf = (body: unknown, path: string): unknown =>
  path.split('.').reduce((value, name) => (value as Readonly<Record<string, unknown>> | null)?.[name], body);

/** The members of an answer that are not as the row says. */
const otherThan = ({ body }: Answered, { shows = {} }: Row): unknown[] =>
  Object.entries(shows)
    .map(([path, expected]) => ({ path, expected, value: memberOf(body, path) }))
    .filter(({ expected, value }) =>
      typeof expected === 'function' ? !expected(value, body) : !isDeepStrictEqual(value, expected),
    );

const missingFrom = ({ body }: Answered, { reads = {} }: Row, generation: Generation): string[] =>
  [...(reads.both ?? []), ...(reads[generation] ?? [])].filter((path) => memberOf(body, path) === undefined);

describe('both generations of clients', () => {
  const worlds = new Map<WorldName, World>();
  after(() => Promise.all([...worlds.values()].map((world) => world.destroy())));

  const worldOf = async (name: WorldName): Promise<World> => {
    const world = worlds.get(name) ?? (await World.create(WORLDS[name]));
    worlds.set(name, world);
    return world;
  };

  for (const { title, rows } of SECTIONS)
    describe(title, () => {
      for (const row of rows)
        for (const generation of generationsOf(row))
          it(`${generation}: ${row.call}, ${row.input}: ${oursOf(row, generation)}`, async () => {
            const setting = await Setting.of(await worldOf(row.world ?? 'default'), generation);
            const answer = await row.send(setting);
            expect(answerOf(answer), answer.text).to.equal(oursOf(row, generation));
            expect(missingFrom(answer, row, generation), answer.text).to.deep.equal([]);
            expect(otherThan(answer, row), answer.text).to.deep.equal([]);
            expect(unequalTwins(answer.body), answer.text).to.deep.equal([]);
          });
    });

  describe('the table', () => {
    it('has each call with an accepted and a refused request', () => {
      const always = ['GET /health', 'GET /ready'];
      const has = (call: string, isAccepted: boolean) =>
        ROWS.some(
          (row) => row.call === call && oursOf(row, generationsOf(row)[0] ?? '1.0').startsWith('2') === isAccepted,
        );
      expect(CALLS.filter((call) => !has(call, true))).to.deep.equal([]);
      expect(CALLS.filter((call) => !has(call, false) && !always.includes(call))).to.deep.equal([]);
    });

    it('has every call of the family that the API page has', () => {
      // What this product has in addition is no call of the family.
      const own = /\/(?:history|events)`|\/(?:applications|subject-sessions|resources)|\/inspector|openapi|jwks/;
      const page = readFileSync('docs/api.md', 'utf8').matchAll(/^\| (`[A-Z]+ \/[^`]*`)/gm);
      const calls = Array.from(page, ([, call = '']) => call).filter((call) => !own.test(call));
      const asked = new Set(CALLS.map((call) => patternOf(call)));
      expect(calls.map((call) => patternOf(call.slice(1, -1))).filter((call) => !asked.has(call))).to.deep.equal([]);
    });
  });
});

/** Two names of one parameter are the same call. */
const patternOf = (call: string): string => call.replaceAll(/:\w+/g, ':');
