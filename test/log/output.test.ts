// The buffer in front of the log's descriptor, with a real pipe that the test reads on demand.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LogOutput, type DroppedLines } from '../../src/log/output.ts';
import { targetOf } from '../../src/log/target.ts';
import { inFolder } from '../process/parts/server.ts';

const LINE_BYTES = 1_000;
const LIMITS = { bytesMax: 200_000, linesMax: 1_000 };
const READ_BYTES = 1024 * 1024;

const lineOf = (number: number): string => `${String(number).padEnd(LINE_BYTES - 1, '.')}\n`;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const numbersIn = (text: string): number[] => {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => parseInt(line, 10));
};

const countTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A pipe with both ends open in the test. */
class Pipe {
  readonly #read: number;
  readonly #write: number;
  readonly output: LogOutput;
  readonly reports: DroppedLines[] = [];

  constructor(folder: string) {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    this.#read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#write = openSync(path, constants.O_WRONLY);
    this.output = new LogOutput(targetOf(this.#write), LIMITS);
    this.output.onRoom((dropped) => this.reports.push(dropped));
  }

  fill(count: number): void {
    for (const number of countTo(count)) this.output.write(lineOf(number));
  }

  /** Everything that is in the pipe now. */
  read(): string {
    const bytes = Buffer.alloc(READ_BYTES);
    try {
      return bytes.toString('utf8', 0, readSync(this.#read, bytes));
    } catch {
      return '';
    }
  }

  /** Reads until that many lines have come. */
  async readLines(count: number): Promise<number[]> {
    let all = '';
    for (; numbersIn(all).length < count; all += this.read()) await nextTurn();
    return numbersIn(all);
  }

  close(): void {
    closeSync(this.#read);
    closeSync(this.#write);
  }
}

describe('the output of the log', () => {
  const withPipe = (work: (pipe: Pipe) => void | Promise<void>) =>
    inFolder(async (folder) => {
      const pipe = new Pipe(folder);
      try {
        await work(pipe);
      } finally {
        pipe.close();
      }
    });

  it('writes what one turn logs in its order', () =>
    withPipe(async (pipe) => {
      pipe.fill(50);
      expect(await pipe.readLines(50)).to.deep.equal(countTo(50));
    }));

  it('keeps what fits while its reader stalls, drops the rest, and says how many once there is room', () =>
    withPipe(async (pipe) => {
      pipe.fill(1_000);
      const kept = LIMITS.bytesMax / LINE_BYTES;
      expect(pipe.output.droppedLines).to.equal(1_000 - kept);
      // The event loop still runs while the pipe is full.
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
      expect(pipe.reports).to.deep.equal([]);
      expect(await pipe.readLines(kept)).to.deep.equal(countTo(kept));
      expect(pipe.reports).to.deep.equal([{ lines: 1_000 - kept, bytes: (1_000 - kept) * LINE_BYTES }]);
      pipe.fill(1);
      expect(await pipe.readLines(1)).to.deep.equal([0]);
      expect(pipe.reports).to.have.length(1);
    }));

  it('bounds the number of lines, too', () =>
    withPipe((pipe) => {
      for (let count = 0; count < LIMITS.linesMax + 5; count += 1) pipe.output.write('\n');
      expect(pipe.output.droppedLines).to.equal(5);
    }));

  it('writes its last lines synchronously', () =>
    withPipe((pipe) => {
      pipe.fill(20);
      pipe.output.flushSync();
      expect(numbersIn(pipe.read())).to.deep.equal(countTo(20));
    }));

  it('goes on in the middle of a line when it has to write synchronously', () =>
    withPipe(async (pipe) => {
      pipe.fill(200);
      await nextTurn();
      await nextTurn();
      const first = pipe.read();
      pipe.output.flushSync();
      const all = first + pipe.read();
      const numbers = numbersIn(all);
      expect(numbers).to.deep.equal(countTo(numbers.length));
      expect(numbers.length).to.be.greaterThan(numbersIn(first).length);
    }));

  it('drops its last lines when the log has no reader', () =>
    withPipe((pipe) => {
      pipe.fill(200);
      const startedAt = performance.now();
      pipe.output.flushSync();
      expect(performance.now() - startedAt).to.be.within(900, 5_000);
      const numbers = numbersIn(pipe.read());
      expect(numbers).to.deep.equal(countTo(numbers.length)).and.not.to.have.length(0);
    }));

  it('writes to a file, without and with a flush in between', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'log');
      const fd = openSync(path, 'a');
      const output = new LogOutput(targetOf(fd));
      for (const number of countTo(100)) output.write(lineOf(number));
      while (readFileSync(path, 'utf8').length < 100 * LINE_BYTES) await nextTurn();
      output.write(lineOf(100));
      output.flushSync();
      expect(numbersIn(readFileSync(path, 'utf8'))).to.deep.equal(countTo(101));
      closeSync(fd);
    }));
});
