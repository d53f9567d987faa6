// The coordinator's API as the page uses it: one bearer, JSON in and out, and refusals as errors with the coordinator's own sentence.

/** Where the coordinator stands, whatever prefix a proxy puts before it. */
const ROOT = new URL('../../', import.meta.url);

/** The coordinator said no. Its message is what the caller should do next. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{ error?: string, error_description?: string }} body
   */
  constructor(status, body) {
    super(body.error_description ?? `The coordinator answered ${status}.`);
    this.status = status;
    this.code = body.error ?? '';
  }

  /** Whether asking again would be answered alike: not where too many ask just now, nor where the fault is the coordinator's. */
  get isFinal() {
    return this.status < 500 && this.status !== 429;
  }
}

export class Api {
  /** @type {string} */
  #token;

  /** @param {string} token the operator token */
  constructor(token) {
    this.#token = token;
  }

  /**
   * The answer as it comes, for those who read on. Rejects with `Refused`, or with what `fetch` rejects with where nobody answers.
   * @param {string} path without a leading slash
   * @param {{ method?: string, signal?: AbortSignal }} [how]
   * @returns {Promise<Response>}
   */
  async open(path, { method = 'GET', signal } = {}) {
    const response = await fetch(new URL(path, ROOT), {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      cache: 'no-store',
      ...(signal ? { signal } : {}),
    });
    if (response.ok) return response;
    throw new Refused(response.status, await response.json().catch(() => ({})));
  }

  /**
   * @param {string} path
   * @param {string} [method]
   * @returns {Promise<any>} null where the answer has no body
   */
  async ask(path, method = 'GET') {
    const response = await this.open(path, { method });
    return response.status === 204 ? null : response.json();
  }

  /**
   * A socket, with the bearer in the one header that a browser lets a page fill.
   * @param {string} path
   */
  socket(path) {
    const url = new URL(path, ROOT);
    url.protocol = url.protocol.replace('http', 'ws');
    const bearer = btoa(this.#token).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    return new WebSocket(url, ['coordinator.inspector', `coordinator.bearer.${bearer}`]);
  }
}
