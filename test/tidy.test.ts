// The rules of the house, held by a test: the import table, banned calls, dead exports. Each rule is first tried on
// snippets, so that one that notices nothing shows.
import { expect } from 'chai';
import { importProblems, importTable } from './tidy/imports.ts';
import { deadExports, ruleProblems, rules } from './tidy/rules.ts';
import { projectSources, sourceOf } from './tidy/source.ts';

const sources = projectSources();

describe('the project', () => {
  it('imports only what the table of the parts allows', () => {
    expect(sources.flatMap(importProblems)).to.deep.equal([]);
  });

  for (const rule of rules) {
    it(rule.name, () => {
      expect(sources.flatMap((source) => ruleProblems(rule, source))).to.deep.equal([]);
    });
  }

  it('exports nothing that nobody imports', () => {
    expect(deadExports(sources)).to.deep.equal([]);
  });

  it('has a file for every row and every exception', () => {
    const named = [...importTable.map(({ part }) => part), ...rules.flatMap(({ except = {} }) => Object.keys(except))];
    const idle = named.filter((part) => !sources.some(({ path }) => path.startsWith(part)));
    expect(idle).to.deep.equal([]);
  });
});

const OPENING = '// What it is for.\n';

/** Rule, a file that breaks it, and one that comes close. */
const snippets: [rule: string, path: string, bad: string, good: string][] = [
  ['reads time from a clock', 'src/a.ts', 'const now = Date.now();', 'const text = "Date.now"; // Date.now'],
  ['reads time from a clock', 'scripts/a.ts', 'say(`${new Date()}`);', 'say(new Date(at));'],
  ['keeps dates out of the machines', 'machines/a.ts', 'const d = new Date(at);', 'const Dated = 1;'],
  ['makes ids at the door', 'test/a.ts', 'Math.random();', 'Math.round(1);'],
  ['writes to the log', 'src/a.ts', 'console.log(1);', 'log.info({}, "console.log");'],
  ['waits through the clock', 'src/a.ts', 'setTimeout(go, 1);', '// setTimeout(go, 1);'],
  [
    'waits through the clock',
    'src/a.ts',
    "import { setTimeout as nap } from 'node:timers/promises';",
    'clearTimeout(t);',
  ],
  ['leaves the process to main.ts', 'src/a.ts', 'process.exit(1);', "const p = 'process.exit';"],
  ['has no default export', 'src/a.ts', 'export default 1;', 'export const a = 1;'],
  ['has no enum', 'src/a.ts', 'enum Word { A }', "const s = { enum: ['a'] };"],
  ['is no barrel', 'src/a.ts', "export * from './b.ts';", "export type { B };\nimport type { C } from './c.ts';"],
  ['is no barrel', 'src/a.ts', "export { b } from './b.ts';", 'export { b };'],
  ['has no any', 'src/a.ts', 'const f = (x: any) => x;', 'const any = 1; // any: any'],
  ['has no any', 'src/a.ts', 'const f = x as any;', 'fc.property(any(), f);'],
  ['leaves nothing for later', 'src/a.ts', '// TODO: more', "const word = 'TODO';"],
  ['is one idea', 'src/a.ts', '\n'.repeat(300) + 'a();', '\n'.repeat(200) + 'a();'],
];

const problemsOf = (name: string, path: string, text: string) =>
  rules.filter((rule) => rule.name === name).flatMap((rule) => ruleProblems(rule, sourceOf(path, text)));

describe('the rules of the house', () => {
  for (const [name, path, bad, good] of snippets) {
    it(`see that a file ${name}: ${bad.trim()}`, () => {
      expect(problemsOf(name, path, OPENING + bad)).to.have.length(1);
      expect(problemsOf(name, path, OPENING + good)).to.deep.equal([]);
    });
  }

  it('see that a file opens with what it is for', () => {
    expect(problemsOf('opens with what it is for', 'src/a.ts', 'a();')).to.have.length(1);
    expect(problemsOf('opens with what it is for', 'src/a.ts', OPENING)).to.deep.equal([]);
  });

  it('try every rule', () => {
    const tried = new Set([...snippets.map(([name]) => name), 'opens with what it is for']);
    expect(rules.map(({ name }) => name).filter((name) => !tried.has(name))).to.deep.equal([]);
  });
});

describe('the import table', () => {
  const imports: [path: string, statement: string, allowed: boolean][] = [
    ['machines/a.ts', "import { setup } from 'xstate';", true],
    ['machines/a.ts', "import { hash } from 'node:crypto';", false],
    ['machines/a.ts', "import type { Caller } from '../src/authority/caller.ts';", false],
    ['src/authority/a.ts', "import type { Lifecycle } from '../../machines/agent-session.ts';", true],
    ['src/authority/a.ts', "import { type Lifecycle } from '../../machines/agent-session.ts';", true],
    ['src/authority/a.ts', "import { agentSessionMachine } from '../../machines/agent-session.ts';", false],
    ['src/zone/decisions/a.ts', "import { sha256 } from '../../journal/entry.ts';", true],
    ['src/zone/a.ts', "import { openLevelStore } from '../journal/level-store.ts';", false],
    ['src/zone/a.ts', "import type { Context } from 'koa';", false],
    ['src/journal/level/level-database.ts', "import { Level } from 'level';", true],
    ['src/journal/a.ts', "const { Level } = await import('level');", false],
    ['src/journal/a.ts', "import type { Zone } from '../zone/zone.ts';", false],
    ['src/http/a.ts', "import Koa, { type Context } from 'koa';", true],
    ['src/http/a.ts', "import { Zones } from '../zone/zones.ts';", false],
    ['src/http/a.ts', "import {\n  startCoordinator,\n} from '../app.ts';", false],
    ['test/world/a.ts', "import { startCoordinator } from '../../src/app.ts';", true],
    ['test/http/a.ts', "import { startCoordinator } from '../../src/app.ts';", false],
    ['src/new/a.ts', '', false],
  ];
  for (const [path, statement, allowed] of imports) {
    it(`${allowed ? 'lets' : 'does not let'} ${path} have ${statement || 'no row'}`, () => {
      expect(importProblems(sourceOf(path, OPENING + statement))).to.have.length(allowed ? 0 : 1);
    });
  }
});

describe('the search for dead exports', () => {
  const used = sourceOf('src/a.ts', 'export const one = 1;\nexport class Two {}\nexport type { Three };');
  const user = sourceOf('src/b.ts', "import { one, Two as Second, type Three } from './a.ts';");
  const tested = sourceOf('test/b.ts', "import { one, Two, type Three } from '../src/a.ts';");

  it('finds a name that nobody imports', () => {
    expect(deadExports([used])).to.deep.equal([
      'src/a.ts exports one',
      'src/a.ts exports Two',
      'src/a.ts exports Three',
    ]);
  });

  it('takes an import of any form, and of a test for what src exports', () => {
    expect(deadExports([used, user])).to.deep.equal([]);
    expect(deadExports([used, tested])).to.deep.equal([]);
  });

  it('takes no import of a test for what scripts export', () => {
    const script = sourceOf('scripts/a.ts', 'export function one() {}');
    expect(deadExports([script, sourceOf('test/b.ts', "import { one } from '../scripts/a.ts';")])).to.have.length(1);
  });
});
