// A viewer behind Server-Sent Events (WHATWG HTML, section 9.2): a message is an event of its type.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Message } from '../../inspect/messages.ts';
import type { Sink } from '../../inspect/viewer.ts';

export class InspectorStream implements Sink {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(messages: readonly Message[]): boolean {
    return this.#response.write(messages.map(({ type, text }) => `event: ${type}\ndata: ${text}\n\n`).join(''));
  }

  async drained(): Promise<void> {
    if (this.#response.destroyed || !this.#response.writableNeedDrain) return;
    const either = new AbortController();
    const { signal } = either;
    const ends = ['drain', 'close'].map((event) => once(this.#response, event, { signal }).catch(() => {}));
    await Promise.race(ends);
    either.abort();
  }

  beat(): void {
    this.#response.write(': \n\n');
  }

  close(): void {
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }
}
