// Those who wait for revocations: on the event stream of a zone, and on the stream in Redis.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Redis } from 'ioredis';
import type { Server } from './server.ts';

const TOPIC = 'caracal.sessions.revoke';

/** Counts the revocations that come, and remembers when the last one did. */
export abstract class Subscriber {
  #seen = 0;
  #wanted = Infinity;
  #reached: (at: number) => void = () => {};

  /** Resolves with the instant at which so many more have come. */
  more(count: number): Promise<number> {
    this.#wanted = this.#seen + count;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  abstract close(): void;

  protected saw(count: number): void {
    this.#seen += count;
    if (this.#seen >= this.#wanted) this.#reached(performance.now());
  }
}

export class EventSubscriber extends Subscriber {
  readonly #response: IncomingMessage;

  private constructor(response: IncomingMessage) {
    super();
    this.#response = response;
    response.setEncoding('latin1');
    response.on('data', (text: string) => this.saw(text.split('\ndata: ').length - 1));
  }

  static async open(server: Server): Promise<EventSubscriber> {
    const headers = { authorization: `Bearer ${await server.mint({})}` };
    const path = `/zones/z1/events?topics=${TOPIC}`;
    const asked = request({ port: server.port, host: '127.0.0.1', path, headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return new EventSubscriber(response);
  }

  close(): void {
    this.#response.destroy();
  }
}

export class StreamSubscriber extends Subscriber {
  readonly #redis: Redis;

  constructor(url: string) {
    super();
    this.#redis = new Redis(url, { protocol: 2 });
    // Closing it ends the reading.
    this.#read('0').catch(() => {});
  }

  close(): void {
    this.#redis.disconnect();
  }

  async #read(from: string): Promise<void> {
    for (let last = from; ;) {
      const streams = await this.#redis.xread('BLOCK', 0, 'STREAMS', TOPIC, last);
      for (const [, messages] of streams ?? []) {
        last = messages.at(-1)?.[0] ?? last;
        this.saw(messages.length);
      }
    }
  }
}
