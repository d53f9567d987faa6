// Follows the coordinator's stream of frames, and comes back by itself when it is cut off. Server-Sent Events are read with
// `fetch`, because an `EventSource` cannot carry a bearer.
import { Refused } from './api.js';

const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 5_000;
/** The server says that it lives every 15 s; after two missed times the line is taken for dead. */
const SILENCE_MOST_MS = 35_000;

/**
 * @typedef {{ type: string, data: any }} Frame
 * @typedef {'connecting' | 'live' | 'lost' | 'refused'} Line
 */

export class Stream {
  #stopped = new AbortController();

  /**
   * @param {import('./api.js').Api} api
   * @param {string} path
   * @param {{ onOpen: () => void, onFrame: (frame: Frame) => void, onHeard?: () => void, onLine: (line: Line, why: string) => void }} listener
   *   `onOpen` before the first frame of every connection: what was known is to be forgotten then.
   */
  constructor(api, path, listener) {
    this.api = api;
    this.path = path;
    this.listener = listener;
    void this.#follow();
  }

  stop() {
    this.#stopped.abort();
  }

  async #follow() {
    let waitMs = RETRY_FIRST_MS;
    while (!this.#stopped.signal.aborted) {
      this.listener.onLine('connecting', '');
      const why = await this.#once(() => (waitMs = RETRY_FIRST_MS));
      if (this.#stopped.signal.aborted) return;
      if (why instanceof Refused && why.isFinal) return this.listener.onLine('refused', why.message);
      this.listener.onLine('lost', why.message);
      await pause(waitMs);
      waitMs = Math.min(waitMs * 2, RETRY_MOST_MS);
    }
  }

  /**
   * One connection, to its end.
   * @param {() => void} opened
   * @returns {Promise<Error>} why it ended
   */
  async #once(opened) {
    const silence = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, silence.signal]);
    let timer = setTimeout(() => silence.abort(), SILENCE_MOST_MS);
    try {
      const response = await this.api.open(this.path, { signal });
      if (!response.body) return new Error('The coordinator sent nothing.');
      opened();
      this.listener.onOpen();
      this.listener.onLine('live', '');
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parse = frameParser(this.listener.onFrame);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MOST_MS);
        this.listener.onHeard?.();
        parse(part.value);
      }
      return new Error('The coordinator ended the stream.');
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Takes text in any pieces and tells the frames in it (WHATWG HTML, section 9.2.6).
 * @param {(frame: Frame) => void} tell
 * @returns {(text: string) => void}
 */
export const frameParser = (tell) => {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const frame = frameOf(block);
      if (frame) tell(frame);
    }
  };
};

/** @param {string} block */
const frameOf = (block) => {
  let type = 'message';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) type = line.slice(7);
    if (line.startsWith('data: ')) data += line.slice(6);
  }
  return data === '' ? null : { type, data: JSON.parse(data) };
};
