// A reader of a zone's stream that only counts: as little work per event as can be, so that a process holds a thousand of them.
// It is meant for changes of which each makes one entry with one event; then the ids of its events are a row without gaps.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Count {
  readonly events: number;
  /** Ids that were left out, and events whose id was no later than the one before. */
  readonly missed: number;
  readonly doubled: number;
}

export interface Stream {
  readonly port: number;
  readonly token: string;
  /** Path and query. */
  readonly path: string;
  readonly lastEventId?: number;
}

const HEAD_END = '\r\n\r\n';
const ID = 'id: ';

export class CountingReader {
  readonly #socket: Socket;
  #rest = '';
  #last = 0;
  #events = 0;
  #missed = 0;
  #doubled = 0;
  #isOver = false;
  #reached: { readonly seq: number; readonly resolve: () => void } | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
  }

  /** Resolves once the stream has begun; rejects where it does not. */
  static async open({ port, token, path, lastEventId }: Stream): Promise<CountingReader> {
    const socket = connect(port, '127.0.0.1');
    const reader = new CountingReader(socket);
    const from = lastEventId === undefined ? '' : `last-event-id: ${lastEventId}\r\n`;
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n${from}\r\n`);
    await reader.#begin(lastEventId);
    return reader;
  }

  get count(): Count {
    return { events: this.#events, missed: this.#missed, doubled: this.#doubled };
  }

  /** The id of the last event. */
  get last(): number {
    return this.#last;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves once that event has come. */
  reaches(seq: number): Promise<void> {
    return new Promise((resolve) => {
      this.#reached = { seq, resolve };
      this.#look();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #begin(lastEventId: number | undefined): Promise<void> {
    let head = '';
    while (!head.includes(HEAD_END)) head += String((await once(this.#socket, 'data'))[0]);
    const [, seq] = /^HTTP\/1\.1 200 [\s\S]*?\r\ncoordinator-seq: (\d+)\r\n/i.exec(head) ?? [];
    if (seq === undefined) throw new Error(`no stream: ${head}`);
    this.#last = lastEventId ?? Number(seq);
    this.#socket.on('data', (text: string) => this.#take(text));
    this.#socket.on('close', () => (this.#isOver = true));
    this.#take(head.slice(head.indexOf(HEAD_END) + HEAD_END.length));
  }

  /** Whole events only; what is behind the last of them waits for more. */
  #take(text: string): void {
    const all = this.#rest === '' ? text : this.#rest + text;
    const end = all.lastIndexOf('\n\n');
    this.#rest = all.slice(end + 1);
    for (let at = all.indexOf(ID); at !== -1 && at < end; at = all.indexOf(ID, at)) {
      at += ID.length;
      this.#note(Number(all.slice(at, all.indexOf('\n', at))));
    }
    this.#look();
  }

  #note(id: number): void {
    this.#events += 1;
    if (id <= this.#last) this.#doubled += 1;
    else this.#missed += id - this.#last - 1;
    this.#last = Math.max(this.#last, id);
  }

  #look(): void {
    if (this.#reached === null || this.#last < this.#reached.seq) return;
    this.#reached.resolve();
    this.#reached = null;
  }
}

export const total = (readers: readonly CountingReader[]): Count => {
  const sum = (field: keyof Count) => readers.reduce((so, { count }) => so + count[field], 0);
  return { events: sum('events'), missed: sum('missed'), doubled: sum('doubled') };
};
