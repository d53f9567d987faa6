// What happens in a zone as it is told: its Server-Sent Events, each handed on the moment it has come.

export interface ToldEvent {
  /** The sequence of its entry; with a place behind a dot where others of that entry follow. */
  readonly id: string;
  readonly topic: string;
  readonly data: { readonly event?: string; readonly agent_session_id?: string; readonly reason?: string };
}

export class ToldEvents {
  readonly #over = new AbortController();
  #seen = 0;
  #onEvent: (event: ToldEvent) => void = () => {};

  /** Rejects where the server does not answer with a stream. */
  static async follow(url: string, token: string): Promise<ToldEvents> {
    const told = new ToldEvents();
    const { signal } = told.#over;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal });
    if (!response.ok || !response.body) throw new Error(`${url} was answered ${response.status}`);
    void told.#read(response.body).catch(() => {});
    return told;
  }

  /** Hands on what comes until all of an entry has, which `act` brings about and names. */
  async during(act: () => Promise<number>, onEvent: (event: ToldEvent) => void): Promise<void> {
    let reached = () => {};
    let upTo = Infinity;
    const all = new Promise<void>((resolve) => (reached = resolve));
    this.#onEvent = (event) => {
      onEvent(event);
      if (this.#seen >= upTo) reached();
    };
    upTo = await act();
    if (this.#seen < upTo) await all;
    this.#onEvent = () => {};
  }

  close(): void {
    this.#over.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    const [, id, topic, data] = /^id: (.+)\nevent: (.+)\ndata: (.+)$/.exec(block) ?? [];
    if (id === undefined || topic === undefined || data === undefined) return;
    if (!id.includes('.')) this.#seen = Number(id);
    this.#onEvent({ id, topic, data: JSON.parse(data) as ToldEvent['data'] });
  }
}
