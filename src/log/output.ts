// The output of the log: a bounded buffer in front of a file descriptor. A stalled reader never stalls the process: lines
// beyond the bound are dropped and counted, and their number is logged once there is room again. Only the last lines
// before the process ends are written synchronously.
import { writeSync } from 'node:fs';
import {
  LOG_BUFFER_BYTES_MAX,
  LOG_BUFFER_LINES_MAX,
  LOG_CHUNK_BYTES,
  LOG_ERROR_RETRY_MS,
  LOG_LAST_MS_MAX,
  LOG_RETRY_MS,
} from './limits.ts';
import { isFull, targetOf, type LogTarget } from './target.ts';

export interface DroppedLines {
  readonly lines: number;
  readonly bytes: number;
}

export interface LogOutputLimits {
  readonly bytesMax: number;
  readonly linesMax: number;
}

const LIMITS: LogOutputLimits = { bytesMax: LOG_BUFFER_BYTES_MAX, linesMax: LOG_BUFFER_LINES_MAX };
const NOTHING: DroppedLines = { lines: 0, bytes: 0 };

/** A cell for `Atomics.wait`, which blocks the thread. */
const SLEEPER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

export class LogOutput {
  readonly #target: LogTarget;
  readonly #limits: LogOutputLimits;
  #lines: string[] = [];
  /** Bytes of the lines and the chunk together. */
  #bytes = 0;
  /** The bytes being written: whole lines, without the part that is already written. */
  #chunk: Buffer = Buffer.alloc(0);
  #isWriting = false;
  #untold = NOTHING;
  #droppedLines = 0;
  #report: (dropped: DroppedLines) => void = () => undefined;

  constructor(target: LogTarget, limits: LogOutputLimits = LIMITS) {
    this.#target = target;
    this.#limits = limits;
  }

  /** Makes an output to a descriptor of this process, such as 1. */
  static of(fd: number): LogOutput {
    return new LogOutput(targetOf(fd));
  }

  /** Lines dropped since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Calls `report` once there is room again after lines were dropped. */
  onRoom(report: (dropped: DroppedLines) => void): void {
    this.#report = report;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    const { bytesMax, linesMax } = this.#limits;
    if (this.#bytes + bytes > bytesMax || this.#lines.length >= linesMax) return this.#drop(bytes);
    this.#lines.push(line);
    this.#bytes += bytes;
    if (this.#isWriting) return;
    this.#isWriting = true;
    // The lines of one turn of the event loop are written together.
    setImmediate(() => this.#pump());
  }

  /** Writes the buffered lines while the reader accepts them, for at most a second. pino calls this after a fatal line. */
  flushSync(): void {
    const deadline = performance.now() + LOG_LAST_MS_MAX;
    if (this.#target.isAsync && this.#isWriting) this.#took(this.#chunk.length);
    while (this.#next().length > 0 && performance.now() < deadline) {
      try {
        this.#took(writeSync(this.#target.fd, this.#chunk));
      } catch (error) {
        if (!isFull(error)) return;
        Atomics.wait(SLEEPER, 0, 0, LOG_RETRY_MS);
      }
    }
  }

  #drop(bytes: number): void {
    this.#droppedLines += 1;
    this.#untold = { lines: this.#untold.lines + 1, bytes: this.#untold.bytes + bytes };
  }

  #pump(): void {
    const chunk = this.#next();
    if (chunk.length === 0) this.#isWriting = false;
    else this.#target.write(chunk, (error, taken) => this.#wrote(chunk, error, taken));
  }

  // Without a reader or space, buffered lines stay in the buffer, which is bounded.
  #wrote(chunk: Buffer, error: Error | null, taken: number): void {
    if (error !== null) {
      setTimeout(() => this.#pump(), isFull(error) ? LOG_RETRY_MS : LOG_ERROR_RETRY_MS).unref();
      return;
    }
    if (chunk === this.#chunk) this.#took(taken);
    this.#tell();
    setImmediate(() => this.#pump());
  }

  #tell(): void {
    const dropped = this.#untold;
    if (dropped.lines === 0 || this.#bytes > this.#limits.bytesMax / 2) return;
    this.#untold = NOTHING;
    this.#report(dropped);
  }

  /** Returns the bytes to write next: the rest of a chunk, or whole lines up to about the size of a chunk. */
  #next(): Buffer {
    if (this.#chunk.length > 0 || this.#lines.length === 0) return this.#chunk;
    let count = 0;
    for (let size = 0; size < LOG_CHUNK_BYTES && count < this.#lines.length; count += 1)
      size += this.#lines[count]?.length ?? 0;
    this.#chunk = Buffer.from(this.#lines.splice(0, count).join(''));
    return this.#chunk;
  }

  #took(bytes: number): void {
    this.#bytes -= bytes;
    this.#chunk = this.#chunk.subarray(bytes);
  }
}
