// What a logger wrote, line by line, and the lines of the audit among it.
import { Writable } from 'node:stream';

export type Line = Readonly<Record<string, unknown>>;

export class LogLines extends Writable {
  readonly lines: string[] = [];

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(line: string, _encoding: BufferEncoding, done: () => void): void {
    this.lines.push(line);
    done();
  }

  get parsed(): Line[] {
    return this.lines.map((line) => JSON.parse(line) as Line);
  }

  /** Without what the logger puts into every line. */
  get audit(): Line[] {
    const audited = this.parsed.filter(({ msg }) => msg === 'audit');
    return audited.map(({ level: _level, time: _time, pid: _pid, hostname: _host, msg: _msg, ...line }) => line);
  }
}
