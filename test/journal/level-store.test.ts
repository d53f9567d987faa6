// LevelDB keeps the contract, says in a sentence what keeps it from opening, and comes back from a disk that failed.
import { expect } from 'chai';
import { fork, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Store } from '../../src/journal/journal.ts';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { appendMany, codeOf, collect, failureOf, journalContract } from './contract.ts';
import type { Message, Work } from './failing-disk.ts';
import { levelContents, temporaryDirectory } from './level-contents.ts';

const run = promisify(execFile);
const FRESH = { atLeast: 0 };

journalContract('level', levelContents);

describe('a data directory', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await temporaryDirectory();
  });

  afterEach(() => rm(dir, { recursive: true }));

  async function withRecords(count: number): Promise<Store> {
    const store = await openLevelStore({ dir });
    await appendMany(await store.journal.open('zone', FRESH), count);
    return store;
  }

  it('is created where it is missing', async () => {
    const store = await openLevelStore({ dir: join(dir, 'deeper', 'down') });
    expect(store.journal.health()).to.deep.equal({ ok: true });
    await store.close();
  });

  it('is held by one store at a time', async () => {
    const store = await openLevelStore({ dir });
    const failure = await failureOf(() => openLevelStore({ dir }));
    expect(failure.code).to.equal('LOCKED');
    expect(failure.message).to.contain(dir);
    await store.close();
    await (await openLevelStore({ dir })).close();
  });

  it('is held by one process at a time', async () => {
    const other = new OtherProcess(dir, 'appends');
    await other.next('working');
    expect(await codeOf(() => openLevelStore({ dir }))).to.equal('LOCKED');
    await other.kill();
    const store = await openLevelStore({ dir });
    await store.journal.open('zone', { atLeast: 1 });
    await store.close();
  });

  it('is refused in words when it cannot be created', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    const failure = await failureOf(() => openLevelStore({ dir: join(file, 'data') }));
    expect(failure.code).to.equal('UNAVAILABLE');
    expect(failure.message).to.contain(join(file, 'data'));
  });

  it('is refused when the database lost its CURRENT, and nothing in it is touched', async () => {
    await (await withRecords(3)).close();
    await rm(join(dir, 'journal', 'CURRENT'));
    const before = await readdir(join(dir, 'journal'));
    expect(await codeOf(() => openLevelStore({ dir }))).to.equal('CORRUPT');
    expect(await readdir(join(dir, 'journal'))).to.deep.equal(before);
  });

  it('is refused when the database cannot make sense of its manifest', async () => {
    await (await withRecords(3)).close();
    const manifest = (await readdir(join(dir, 'journal'))).find((name) => name.startsWith('MANIFEST')) ?? '';
    await truncate(join(dir, 'journal', manifest), 0);
    const failure = await failureOf(() => openLevelStore({ dir }));
    expect(failure.code).to.equal('CORRUPT');
    expect(failure.message).to.contain('backup');
  });

  it('survives an iteration that is under way when the store is closed', async () => {
    const store = await withRecords(1_000);
    const reading = codeOf(async () => {
      for await (const { seq } of store.journal.read('zone', 1)) if (seq === 1) await store.close();
    });
    expect(await reading).to.equal('CLOSED');
  });
});

/** A process of its own, whose disk can be filled without touching anybody else's. */
class OtherProcess {
  readonly #child: ChildProcess;
  readonly #seen: Message[] = [];

  constructor(dir: string, work: Work) {
    this.#child = fork(new URL('failing-disk.ts', import.meta.url), [dir, work], { execArgv: ['--import=tsx'] });
    this.#child.on('message', (message: Message) => this.#seen.push(message));
  }

  /** The next message of a kind; those before it are dropped. */
  async next<K extends Message['kind']>(kind: K): Promise<Extract<Message, { kind: K }>> {
    for (;;) {
      const message = this.#seen.shift();
      if (message === undefined) await once(this.#child, 'message');
      else if (isOf(message, kind)) return message;
    }
  }

  /** No file of the process can grow beyond this. */
  async limitFiles(bytes: number | 'unlimited'): Promise<void> {
    await run('prlimit', ['--pid', String(this.#child.pid), `--fsize=${bytes}:`]);
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.send('end');
    await exited;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

function isOf<K extends Message['kind']>(message: Message, kind: K): message is Extract<Message, { kind: K }> {
  return message.kind === kind;
}

describe('a full disk', () => {
  let dir: string;

  before(async function () {
    // Only Linux can bound the files of a running process.
    await run('prlimit', ['--version']).catch(() => this.skip());
  });

  beforeEach(async () => {
    dir = await temporaryDirectory();
  });

  afterEach(() => rm(dir, { recursive: true }));

  for (const work of ['appends', 'checkpoints'] as const) {
    it(`fails ${work}, leaves what is stored to be read, and is forgotten when there is space again`, async () => {
      const other = new OtherProcess(dir, work);
      try {
        await other.next('working');
        await other.limitFiles(0);
        const failed = await other.next('failed');
        expect(failed.ended).to.equal('UNAVAILABLE');
        // In either order: one reached the database and failed, the other never got there.
        expect(failed.failures).to.have.deep.members([
          { code: 'UNAVAILABLE', nothingStored: false },
          { code: 'UNAVAILABLE', nothingStored: true },
        ]);
        expect(new Set((await other.next('refused')).codes)).to.deep.equal(new Set(['UNAVAILABLE']));
        expect(await other.next('read')).to.deep.equal({
          kind: 'read',
          condition: { access: 'reads', cause: 'disk_full' },
          records: failed.stored,
          start: failed.stored,
          inViewBefore: false,
          inViewNow: true,
        });
        await other.limitFiles('unlimited');
        const recovered = await other.next('recovered');
        expect(recovered.start).to.be.at.least(failed.stored);
        expect(recovered.leftBehind).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE', 'VIEW_ENDED', 'VIEW_ENDED']);
        expect(recovered.health).to.deep.equal({ ok: true });
        await other.end();
        await expectWhole(recovered.stored);
      } finally {
        await other.kill();
      }
    });
  }

  async function expectWhole(stored: number): Promise<void> {
    const store = await openLevelStore({ dir });
    const writer = await store.journal.open('zone', { atLeast: stored });
    expect(await collect(store.journal.read('zone', 1))).to.have.length(writer.start);
    await store.close();
  }
});
