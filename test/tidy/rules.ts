// What a reviewer would say again and again: a rule per row, with what to do instead. A rule looks at one file; dead
// exports, which need all of them, stand at the end.
import type { Source } from './source.ts';

export interface Rule {
  readonly name: string;
  /** Where it counts: paths that begin like this. */
  readonly within: readonly string[];
  /** Where it does not, and why. */
  readonly except?: Readonly<Record<string, string>>;
  /** What is wrong with a file, each with what to do instead. */
  readonly problems: (source: Source) => readonly string[];
}

const EVERYWHERE = [''];
const PRODUCT = ['machines/', 'src/', 'scripts/'];
const LINES_MAX = 300;

const banned =
  (pattern: RegExp, instead: string) =>
  ({ code }: Source): string[] =>
    [...code.matchAll(pattern)].map(([found]) => `${found.trim()}: ${instead}`);

export const rules: readonly Rule[] = [
  {
    name: 'reads time from a clock',
    within: PRODUCT,
    except: { 'src/clock.ts': 'it is the wall clock', 'src/time/host-clocks.ts': 'the clocks of the host' },
    problems: banned(/\bDate\.now\b|\bnew Date\(\s*\)/g, 'take a Clock, or an instant as an argument'),
  },
  {
    name: 'keeps dates out of the machines',
    within: ['machines/'],
    problems: banned(/\bDate\b/g, 'an instant is a number that an event carries'),
  },
  {
    name: 'makes ids at the door',
    within: EVERYWHERE,
    problems: banned(/\bMath\.random\b|\brandomUUID\b/g, 'take Ids; in a test, a seeded generator'),
    except: {
      'src/ids.ts': 'it is where ids are made',
      'test/world/seed.ts': 'it draws the seed that everything else is drawn from',
      'src/auth/own-issuer.ts': 'the id of a token is never journaled',
      'src/auth/private-file.ts': 'the name of an unfinished file is never journaled',
    },
  },
  {
    name: 'writes to the log',
    within: ['machines/', 'src/', 'test/'],
    except: { 'test/world/seed.ts': 'a seed has to be seen by whoever repeats the run' },
    problems: banned(/\bconsole\./g, 'take a Logger'),
  },
  {
    name: 'waits through the clock',
    within: PRODUCT,
    except: {
      'src/time/host-clocks.ts': 'the timers of the host',
      'src/main.ts': "the grace period of a stop is the process's, not a zone's",
      'src/http/connection/listener.ts': 'the grace period of connections that are closing',
      'src/log/output.ts': 'how soon a reader without room is tried again decides nothing that is journaled',
      'src/http/connection/malformed.ts': 'how long a refused connection lingers',
      'src/journal/level/availability.ts':
        'the pause between attempts to reopen the database decides nothing that is journaled',
      'src/journal/views/open-views.ts': 'how long a view of the store may be open decides nothing that is journaled',
      'src/journal/head-file.ts': 'how late the head file may be decides nothing that is journaled',
    },
    problems: banned(/\bset(?:Timeout|Interval)\b/g, 'use AlarmClock.at, or a deadline of the zone'),
  },
  {
    name: 'leaves the process to main.ts',
    within: ['machines/', 'src/'],
    except: { 'src/main.ts': 'it is the process' },
    problems: banned(/\bprocess\./g, 'take what is needed as an argument'),
  },
  {
    name: 'has no default export',
    within: EVERYWHERE,
    problems: banned(/^export default\b|\bas default\b/gm, 'export it by name'),
    except: { 'test/world/closing-line.ts': 'mocha takes a reporter no other way' },
  },
  {
    name: 'has no enum',
    within: EVERYWHERE,
    problems: banned(/\benum\s+\w+\s*\{/g, 'use a union of strings'),
  },
  {
    name: 'is no barrel',
    within: EVERYWHERE,
    problems: banned(/^export\s+(?:\*|(?:type\s+)?\{[^}]*\})[^;]*?\bfrom\b/gm, 'import from the file that defines it'),
  },
  {
    name: 'has no any',
    within: EVERYWHERE,
    problems: banned(/(?:[:<|&,([]|\bas|=>)\s*any\b(?!\s*[(:=])/g, 'use unknown and look'),
  },
  {
    name: 'leaves nothing for later',
    within: EVERYWHERE,
    problems: ({ comments }) => (comments.match(/\b(?:FIXME|TODO|XXX|HACK)\b/g) ?? []).map((word) => `${word}: do it`),
  },
  {
    name: 'opens with what it is for',
    within: EVERYWHERE,
    problems: ({ text }) => (/^(?:#!.*\n)?\/\/ \S/.test(text) ? [] : ['begin with two or three sentences']),
  },
  {
    name: 'is one idea',
    within: EVERYWHERE,
    except: {
      'test/journal/contract.ts': 'one contract, in one place, for every engine',
      'test/auth/verifier.test.ts': 'one table of every way in which a token can be wrong',
    },
    problems: ({ text }) => {
      const lines = text.trimEnd().split('\n').length;
      return lines > LINES_MAX ? [`${lines} lines: split it`] : [];
    },
  },
];

export const ruleProblems = (rule: Rule, source: Source): string[] => {
  const counts = rule.within.some((start) => source.path.startsWith(start)) && !rule.except?.[source.path];
  return counts ? rule.problems(source).map((problem) => `${source.path}: ${problem}`) : [];
};

/**
 * Exported names that nobody imports. A type that the same file uses is alive: it is part of what the file promises.
 * A test's import counts for what `src/` exports, and for other tests.
 */
export const deadExports = (sources: readonly Source[]): string[] =>
  sources.flatMap((source) => {
    const importers = sources.filter(({ path }) => /^(?:src|test)\//.test(source.path) || !path.startsWith('test/'));
    const imports = importers.flatMap((importer) => importer.imports).filter(({ from }) => from === source.path);
    const used = new Set(imports.flatMap(({ names }) => names));
    if (used.has('*')) return [];
    return source.exports
      .filter(({ name, isType }) => !used.has(name) && !(isType && isUsedWithin(source, name)))
      .map(({ name }) => `${source.path} exports ${name}`);
  });

const isUsedWithin = ({ code }: Source, name: string) =>
  [...code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1;
