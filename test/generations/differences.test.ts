// `docs/differences.md` names every code and every row of the generations whose answer here is not that of July or of
// 1.0.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { refusals } from '../../src/refusals.ts';
import { generationsOf, oursOf, RENAMED, type Generation, type Row } from './row.ts';
import { ROWS } from './rows/rows.ts';

const PAGE = readFileSync('docs/differences.md', 'utf8');

const codeSpansIn = (text: string): string[] => Array.from(text.matchAll(/`([^`]+)`/g), ([, span = '']) => span);

/** Every word of the code spans of a text: codes, members and names of variables. */
const wordsIn = (text: string): Set<string> =>
  new Set(codeSpansIn(text).flatMap((span) => span.split(/[^A-Za-z0-9_]+/)));

const NAMED = wordsIn(PAGE);
const CODES = wordsIn(PAGE.split('\n## Codes\n')[1] ?? '');

/** Calls without the zone, which the page abbreviates. */
const shortened = (call: string): string => call.replace(/ (?:\/zones\/:zoneId|…)/, ' …');
const NAMED_CALLS = new Set(codeSpansIn(PAGE).map(shortened));

/** Status and code of an answer, without the words that some rows add: `201, nothing is inherited`. */
const partsOf = (answer: string): { readonly status: string; readonly code: string | null } => {
  const [, status = '', code = null] = /^(\d+)(?: ([a-z0-9]+_\w+))?/.exec(answer) ?? [];
  return { status, code };
};

const theirsOf = ({ july, one }: Row, generation: Generation): string => (generation === 'july' ? july : one) ?? '';

const differs = (row: Row, generation: Generation): boolean => {
  const [ours, theirs] = [partsOf(oursOf(row, generation)), partsOf(theirsOf(row, generation))];
  return ours.status !== theirs.status || ours.code !== theirs.code;
};

/** Names that the page lacks for a row: its codes, or its call if neither answer has a code. */
const missingFor = (row: Row, generation: Generation): string[] => {
  const answers = [oursOf(row, generation), theirsOf(row, generation)];
  const codes = answers.map((answer) => partsOf(answer).code).filter((code) => code !== null);
  if (codes.length > 0) return codes.filter((code) => !NAMED.has(code));
  const call = shortened(row.call);
  return NAMED_CALLS.has(call) ? [] : [call];
};

/** The text below a heading, up to the next heading. */
const sectionOf = (heading: string): string => PAGE.split(`\n### ${heading}\n`)[1]?.split(/\n#+ /)[0] ?? '';

/** A code of 1.0's verification, which is also the code of bytes that are not HTTP here. */
const USED_BY_VERIFY = 'invalid_request';

const answeredHere = new Set(
  ROWS.flatMap((row) => generationsOf(row).map((generation) => partsOf(oursOf(row, generation)).code)),
);

describe('the page of differences', () => {
  it('has every code that no row of the generations answers in its section of codes', () => {
    const codes = Object.keys(refusals).filter((code) => !answeredHere.has(code));
    expect(codes.filter((code) => !CODES.has(code))).to.deep.equal([]);
  });

  it('names every row whose answer here differs', () => {
    const unnamed = ROWS.flatMap((row) =>
      generationsOf(row)
        .filter((generation) => differs(row, generation))
        .flatMap((generation) => missingFor(row, generation).map((name) => `${row.call}, ${row.input}: ${name}`)),
    );
    expect([...new Set(unnamed)]).to.deep.equal([]);
  });

  it('pairs every code that 1.0 renamed with that of July', () => {
    const lines = sectionOf('Codes that 1.0 renamed').split('\n').map(codeSpansIn);
    const isPaired = ([july, one]: readonly [string, string]) =>
      lines.some((spans) => spans.includes(july) && spans.includes(one));
    expect(Object.entries(RENAMED).filter((pair) => !isPaired(pair))).to.deep.equal([]);
  });

  it('lists only codes as never answered that this coordinator does not have', () => {
    const lines = sectionOf('Codes of 1.0 that are never answered here').split('\n');
    const listed = lines.map((line) => codeSpansIn(line)[0]).filter((code) => code !== undefined);
    expect(listed).to.have.length.above(3);
    expect(listed.filter((code) => Object.hasOwn(refusals, code))).to.deep.equal([]);
  });

  it('lists only codes as its own that no row of the generations has for July or 1.0', () => {
    const theirs = new Set(ROWS.flatMap(({ july, one }) => [july, one].map((answer) => partsOf(answer ?? '').code)));
    const listed = wordsIn(sectionOf('Codes that only this coordinator has'));
    const own = Object.keys(refusals).filter((code) => listed.has(code) && code !== USED_BY_VERIFY);
    expect(own).to.have.length.above(20);
    expect(own.filter((code) => theirs.has(code))).to.deep.equal([]);
  });
});
