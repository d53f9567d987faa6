// A reader of Server-Sent Events over a real connection, which can be waited on.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { holdEventToDocument } from '../world/documented.ts';

export interface SeenEvent {
  readonly id: string;
  readonly topic: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ReaderOptions {
  readonly token: string;
  readonly query?: string;
  readonly lastEventId?: string;
  readonly zone?: string;
  /** Another stream than that of the zone's events. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class EventReader {
  readonly seen: SeenEvent[] = [];
  comments = 0;
  readonly response: IncomingMessage;
  /** Whether it is the stream that the document tells of. */
  readonly #isOfZone: boolean;
  #rest = '';
  #isOver = false;

  private constructor(response: IncomingMessage, isOfZone: boolean) {
    this.response = response;
    this.#isOfZone = isOfZone;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('close', () => {
      this.#isOver = true;
    });
  }

  static async open(url: string, options: ReaderOptions): Promise<EventReader> {
    const { token, query = '', lastEventId, zone = 'z1' } = options;
    const path = options.path ?? `/zones/${zone}/events`;
    const headers = {
      ...options.headers,
      authorization: `Bearer ${token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    };
    const asked = request(`${url}${path}${query}`, { headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return new EventReader(response, options.path === undefined);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves once what was seen fits. Rejects when the stream ends before. */
  async until(fits: (seen: readonly SeenEvent[]) => boolean): Promise<readonly SeenEvent[]> {
    while (!fits(this.seen)) {
      if (this.#isOver) throw new Error(`the stream ended after ${this.seen.length} events`);
      await this.#change();
    }
    return this.seen;
  }

  count(count: number): Promise<readonly SeenEvent[]> {
    return this.until((seen) => seen.length >= count);
  }

  async commented(): Promise<void> {
    const before = this.comments;
    while (this.comments === before) await this.#change();
  }

  async over(): Promise<void> {
    while (!this.#isOver) await this.#change();
  }

  close(): void {
    this.response.destroy();
  }

  #change(): Promise<unknown> {
    const either = new AbortController();
    const { signal } = either;
    const changes = ['data', 'close'].map((event) => once(this.response, event, { signal }));
    return Promise.race(changes).finally(() => {
      for (const each of changes) each.catch(() => {});
      either.abort();
    });
  }

  #take(text: string): void {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments += 1;
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
      const data = fields.get('data');
      if (data === undefined) continue;
      const [id, topic] = [fields.get('id') ?? '', fields.get('event') ?? ''];
      this.seen.push({ id, topic, data: JSON.parse(data) });
      if (this.#isOfZone) holdEventToDocument({ id, event: topic, data: JSON.parse(data) });
    }
  }
}
