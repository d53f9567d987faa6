// Has data directories read in a process of its own, and a new one when the last did not survive what it read.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Assignment } from './damage-reader.ts';
import type { Prepared } from './prepared.ts';
import type { Reading } from './served.ts';

const MODULE = join(import.meta.dirname, 'damage-reader.ts');

export class Reader {
  readonly #prepared: Prepared;
  #child: ChildProcess | null = null;
  #ended: Promise<string> = Promise.resolve('');

  constructor(prepared: Prepared) {
    this.#prepared = prepared;
  }

  async read(dir: string): Promise<Reading> {
    const child = (this.#child ??= this.#fork());
    const { now, questions, fresh } = this.#prepared;
    const over = new AbortController();
    const reading = once(child, 'message', { signal: over.signal }).then(([message]) => message as Reading);
    const assignment: Assignment = { dir, now, questions, fresh };
    child.send(assignment);
    try {
      return await Promise.race([reading, this.#ended.then((ended) => ({ ended }))]);
    } finally {
      over.abort();
      await reading.catch(() => {});
    }
  }

  close(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  #fork(): ChildProcess {
    const child = fork(MODULE, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const said = child.stderr ? text(child.stderr) : Promise.resolve('');
    this.#ended = once(child, 'exit').then(async ([code, signal]) => {
      this.#child = null;
      return `${signal ?? code}: ${await said}`;
    });
    return child;
  }
}
