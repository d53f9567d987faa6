// Every query and how it is answered. A query without an answer does not compile.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SLICE_HISTORY } from '../limits.ts';
import {
  isRefusal,
  type Page,
  type PageRequest,
  type Query,
  type QueryAnswers,
  type QueryInputs,
  type QueryType,
  type Reply,
} from './commands.ts';
import type { ActorKind } from './actors/codec.ts';
import type { ZoneEntry } from './events.ts';
import type { Histories } from './histories.ts';
import type { Reads } from './reads.ts';
import type { Telling } from './telling.ts';
import type { SessionView, Views } from './views.ts';

type Answerers = { readonly [T in QueryType]: (input: QueryInputs[T]) => Promise<Reply<QueryAnswers[T]>> };

export class Lookups {
  readonly #reads: Reads;
  readonly #histories: Histories;
  readonly #views: Views;
  readonly #telling: Telling;
  readonly #answerers: Answerers = {
    'session.get': ({ id }) => this.#session(id),
    'session.list': (input) =>
      this.#telling.tellFound(this.#reads.sessions(input), (page) => this.#views.sessions(page)),
    'session.children': (input) =>
      this.#telling.tellFound(this.#reads.children(input.id, input), (page) => this.#views.sessions(page)),
    'session.history': (input) => this.#history('session', input),
    'service.list': (input) =>
      this.#telling.tellFound(this.#reads.services(input), (page) => this.#views.services(page)),
    'invocation.get': ({ id }) => this.#invocation(id),
    'invocation.list': (input) => this.#telling.tellFound(this.#reads.invocations(input), (page) => page),
    'invocation.history': (input) => this.#history('invocation', input),
  };

  constructor(parts: { reads: Reads; histories: Histories; views: Views; telling: Telling }) {
    this.#reads = parts.reads;
    this.#histories = parts.histories;
    this.#views = parts.views;
    this.#telling = parts.telling;
  }

  answer<T extends QueryType>({ type, input }: Query<T>): Promise<Reply<QueryAnswers[T]>> {
    return this.#answerers[type](input);
  }

  #session(id: string): Promise<Reply<QueryAnswers['session.get']>> {
    const record = this.#reads.named('session', id);
    if (isRefusal(record)) return this.#telling.tell<SessionView>(() => record);
    const sight = this.#reads.session(record);
    return this.#telling.tell(() => this.#views.session(sight));
  }

  #invocation(id: string): Promise<Reply<QueryAnswers['invocation.get']>> {
    const record = this.#reads.named('invocation', id);
    return this.#telling.tell(() => (isRefusal(record) ? record : this.#views.invocation({ record })));
  }

  async #history(
    kind: ActorKind,
    { id, ...request }: PageRequest & { readonly id: string },
  ): Promise<Reply<Page<ZoneEntry>>> {
    const record = this.#reads.named(kind, id);
    const finding = isRefusal(record) ? record : this.#histories.page(record, request);
    const { seq, answer } = await this.#telling.tellFound(finding, (page) => page);
    if (isRefusal(answer)) return { seq, answer };
    const items: ZoneEntry[] = [];
    for (const each of answer.items) {
      items.push(this.#histories.entry(each));
      if (items.length % SLICE_HISTORY === 0) await nextTurn();
    }
    return { seq, answer: { items, nextCursor: answer.nextCursor } };
  }
}
