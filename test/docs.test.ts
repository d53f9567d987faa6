// The documentation runs: README's tour, every example in `docs/examples/` and the commands of `docs/migrating.md` are
// carried out by bash against real servers, and what they print is compared with the `#=>` lines below each command. In
// such a line `…` stands for anything.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { inFolder, ServerProcess } from './process/parts/server.ts';

const ROOT = join(import.meta.dirname, '..');
const EXAMPLES = 'docs/examples';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The shell blocks below a heading of a page, up to the next heading of its level, as one script. */
const shellBlocks = (page: string, heading: string): string => {
  const [section = ''] = page.split(`\n## ${heading}\n`)[1]?.split('\n## ') ?? [];
  return allShellBlocks(section);
};

const allShellBlocks = (page: string): string =>
  [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block).join('\n');

const EXPECTED = '#=> ';
const MARK = '\u0001';

/** A script that marks in its output where each `#=>` line stood. */
const marked = (script: string): string =>
  script
    .split('\n')
    .map((line) => (line.startsWith(EXPECTED) ? `printf '\\n${MARK}\\n'` : line))
    .join('\n');

const expectationsOf = (script: string): string[] =>
  script
    .split('\n')
    .filter((line) => line.startsWith(EXPECTED))
    .map((line) => line.slice(EXPECTED.length));

/** Whether the parts between the `…` appear in the text, in order. */
const shows = (text: string, expectation: string): boolean => {
  let from = 0;
  return expectation.split('…').every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at !== -1;
  });
};

/** Runs a script to its end and says which expectation was not met, with what was printed in its place. */
const disappointments = async (script: string, environment: Readonly<Record<string, string>>) => {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  const safely = `set -euo pipefail\ntrap 'kill -9 $(jobs -p) 2> /dev/null || true' EXIT\n${marked(script)}`;
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', safely], { cwd: ROOT, env, timeout: 60_000 });
  const printed = stdout.split(MARK);
  let text = '';
  return expectationsOf(script).flatMap((expectation, index) => {
    // Several expectations in a row are about the same output.
    text = printed[index]?.trim() || text;
    return shows(text, expectation) ? [] : [{ expectation, printed: text }];
  });
};

/** What the commands of a migration find: tokens of both issuers, and a tree of sessions at the old coordinator. */
const BEFORE_MIGRATION = `
mint() { npm run --silent token -- --zone z1 --app travel --sid user-7 --data "$1"; }
OLD_OPERATOR=$(cat "$OLD_DATA/operator-token") OLD_TOKEN=$(mint "$OLD_DATA") TOKEN=$(mint "$DATA_DIR")
start() { curl --silent --fail "$OLD_URL/zones/z1/agents" -H "Authorization: Bearer $OLD_TOKEN" -H 'Content-Type: application/json' -d "$1"; }
ROOT=$(start '{"application_id":"travel"}' | node -p 'JSON.parse(fs.readFileSync(0)).agent_session_id')
start "{\\"application_id\\":\\"travel\\",\\"parent_id\\":\\"$ROOT\\"}" > /dev/null
`;

/** A port that was free a moment ago. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
};

describe('the documentation', function () {
  this.timeout(90_000);

  it('has a tour that runs', () =>
    inFolder(async (folder) => {
      const port = await freePort();
      const tour = shellBlocks(read('README.md'), 'A tour');
      const surroundings = { PORT: String(port), COORDINATOR_URL: `http://127.0.0.1:${port}`, DATA_DIR: folder };
      expect(expectationsOf(tour)).to.have.length.above(5);
      expect(await disappointments(tour, surroundings)).to.deep.equal([]);
    }));

  for (const name of readdirSync(join(ROOT, EXAMPLES)).filter((each) => /^\d+-.*\.sh$/.test(each))) {
    it(`has an example that runs: ${name}`, () =>
      inFolder(async (folder) => {
        // Empty counts as unset: the operator's token is then made in the data directory.
        const server = await ServerProcess.start({ DATA_DIR: folder, CARACAL_COORDINATOR_TOKEN: '' });
        try {
          const surroundings = { PORT: '0', COORDINATOR_URL: server.url, DATA_DIR: folder };
          expect(await disappointments(read(`${EXAMPLES}/${name}`), surroundings)).to.deep.equal([]);
        } finally {
          await server.stop();
        }
      }));
  }

  it('runs the commands of the migration guide between two coordinators', () =>
    inFolder((oldFolder) =>
      inFolder(async (folder) => {
        // Empty counts as unset: the operator's token is then made in the data directory.
        const unset = { CARACAL_COORDINATOR_TOKEN: '' };
        const old = await ServerProcess.start({ DATA_DIR: oldFolder, ...unset });
        const server = await ServerProcess.start({ DATA_DIR: folder, ...unset });
        try {
          const urls = { COORDINATOR_URL: server.url, OLD_URL: old.url };
          const surroundings = { PORT: '0', DATA_DIR: folder, OLD_DATA: oldFolder, ...urls };
          const script = BEFORE_MIGRATION + allShellBlocks(read('docs/migrating.md'));
          expect(expectationsOf(script)).to.have.length.above(5);
          expect(await disappointments(script, surroundings)).to.deep.equal([]);
        } finally {
          await Promise.all([old.stop(), server.stop()]);
        }
      }),
    ));

  it('has a demo that runs', () =>
    inFolder(async (folder) => {
      const server = await ServerProcess.start({ DATA_DIR: folder });
      try {
        const surroundings = { PORT: '0', COORDINATOR_URL: server.url, DATA_DIR: folder };
        const script = `npm run --silent demo\n${EXPECTED}after …ms…suspend researcher (requested)…suspend reader (parent_suspended)…researcher…suspended (requested)…reader…suspended (parent_suspended)…call 1…timed_out (deadline_exceeded)…terminate writer (delegation_revoked)…edge_revoke…writer…terminated (delegation_revoked)…editor…terminated (parent_terminated)…call 2…canceled`;
        expect(await disappointments(script, surroundings)).to.deep.equal([]);
      } finally {
        await server.stop();
      }
    }));

  it('has a demo that says when no server answers', async () => {
    const surroundings = { COORDINATOR_URL: `http://127.0.0.1:${await freePort()}` };
    await inFolder(async (folder) => {
      const script = `npm run --silent demo 2>&1 || echo "exit $?"\n${EXPECTED}No server answers at …exit 1`;
      expect(await disappointments(script, { ...surroundings, DATA_DIR: folder })).to.deep.equal([]);
    });
  });

  it('has a line for every dependency, and for nothing else', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'));
    const rows = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(rows).to.have.members(Object.keys({ ...dependencies, ...devDependencies }));
  });

  for (const page of pagesOf()) {
    it(`has links that lead somewhere: ${page}`, () => {
      const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
      const files = links.filter((link) => !/^[a-z]+:/.test(link));
      expect(files.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).to.deep.equal([]);
    });
  }
});

describe('an expectation', () => {
  it('is met by what contains its parts in order', () => {
    expect(shows('{"a":1,"b":2}', '"a":…"b":2')).to.equal(true);
    expect(shows('{"a":1,"b":2}', '"b":2…"a":')).to.equal(false);
    expect(shows('', 'active')).to.equal(false);
  });

  it('is not met by a script that prints something else', async () => {
    expect(await disappointments('echo one\n#=> one\necho two\n#=> three', {})).to.deep.equal([
      { expectation: 'three', printed: 'two' },
    ]);
  });
});

function pagesOf(): string[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below.map((name) => `docs/${name}`)];
  return pages.filter((name) => name.endsWith('.md')).toSorted();
}
