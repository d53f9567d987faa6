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
import { denied } from '../authority/rules.ts';
import type { Caller } from '../authority/caller.ts';
import { refuse } from '../refusals.ts';
import type { Actors } from './actors/actors.ts';
import type { Announcing } from './announcing.ts';
import { authorityOf, impactOf, livenessOf, traversalOf } from './authority-views.ts';
import type { EdgeRecord } from './actors/edges.ts';
import type { DirectoryTable } from './directory.ts';
import type { ZoneMemory } from './memory.ts';
import { mayRead } from './reads.ts';
import type { ActorKind } from './actors/codec.ts';
import type { ZoneEntry } from './events.ts';
import type { Histories } from './histories.ts';
import type { Reads } from './reads.ts';
import type { Telling } from './telling.ts';
import type { SessionView, Views } from './views.ts';

type Answerers = {
  readonly [T in QueryType]: (input: QueryInputs[T], caller: Caller) => Promise<Reply<QueryAnswers[T]>>;
};

export class Lookups {
  readonly #memory: ZoneMemory;
  readonly #reads: Reads;
  readonly #histories: Histories;
  readonly #views: Views;
  readonly #telling: Telling;
  readonly #announcing: Announcing;
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
    'edge.active': (input, caller) => this.#telling.tellFound(this.#reads.edges(input, caller), (page) => page),
    'edge.inbound': (input, caller) =>
      this.#telling.tellFound(this.#reads.edgesOf('inbound', input.id, input, caller), (page) => page),
    'edge.outbound': (input, caller) =>
      this.#telling.tellFound(this.#reads.edgesOf('outbound', input.id, input, caller), (page) => page),
    'edge.traverse': ({ id }, caller) => this.#traced(id, caller, traversalOf),
    'edge.impact': ({ id }, caller) => this.#traced(id, caller, impactOf),
    'edge.history': (input, caller) => this.#edgeHistory(input, caller),
    'session.authority': ({ id }, caller) => this.#authority(id, caller),
    'directory.get': ({ table, name }) => this.#entry(table, name),
    'directory.list': (input) => this.#telling.tellFound(this.#reads.directory(input), (page) => page),
    'caller.standing': () => this.#telling.tell(() => ({})),
    'zone.announcements': (input) => this.#announcements(input),
    'token.liveness': (input) => this.#liveness(input),
  };

  constructor(parts: {
    memory: ZoneMemory;
    reads: Reads;
    histories: Histories;
    views: Views;
    telling: Telling;
    announcing: Announcing;
  }) {
    this.#memory = parts.memory;
    this.#reads = parts.reads;
    this.#histories = parts.histories;
    this.#views = parts.views;
    this.#telling = parts.telling;
    this.#announcing = parts.announcing;
  }

  answer<T extends QueryType>({ type, input }: Query<T>, caller: Caller): Promise<Reply<QueryAnswers[T]>> {
    return this.#answerers[type](input, caller);
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

  /** What hangs on an active edge is its issuer's to know. */
  #traced<Found extends object>(
    id: string,
    caller: Caller,
    look: (actors: Actors, edgeId: string) => Found,
  ): Promise<Reply<Found>> {
    const edge = this.#memory.actors.edges.live(id);
    if (!edge) return this.#telling.tell<Found>(() => refuse('delegation_not_found'));
    const forbidden = denied(caller, 'edge.trace', edge.context.issuerApplicationId);
    if (forbidden) return this.#telling.tell<Found>(() => refuse(forbidden));
    const found = look(this.#memory.actors, id);
    return this.#telling.tell(() => found);
  }

  #edgeHistory(input: QueryInputs['edge.history'], caller: Caller): Promise<Reply<Page<ZoneEntry>>> {
    const edge = this.#reads.find('edge', input.id);
    const isSeen = edge && mayRead(caller, edge);
    return isSeen ? this.#history('edge', input) : this.#telling.tell<never>(() => refuse('delegation_not_found'));
  }

  /** What a session may do anybody of the zone may know; by which edges, those who may see them. */
  #authority(id: string, caller: Caller): Promise<Reply<QueryAnswers['session.authority']>> {
    const session = this.#reads.named('session', id);
    if (isRefusal(session)) return this.#telling.tell<never>(() => session);
    const { actors, epoch } = this.#memory;
    const view = authorityOf(actors, session, epoch);
    const inbound = view.inbound.filter((edge) => mayRead(caller, edge));
    return this.#telling.tell(() => ({ ...view, inbound }));
  }

  #entry(table: DirectoryTable, name: string): Promise<Reply<QueryAnswers['directory.get']>> {
    const row = this.#memory.directory.row(table, name);
    return this.#telling.tell(() => (row ? { record: { id: name }, row } : refuse('directory_entry_not_found')));
  }

  /** An edge and all that it stands on, from itself upwards. */
  #chainOf(edgeId: string | null): (EdgeRecord | undefined)[] {
    const chain: (EdgeRecord | undefined)[] = [];
    for (let id = edgeId; id !== null;) {
      const edge = this.#reads.find('edge', id);
      chain.push(edge);
      id = edge?.context.parentEdgeId ?? null;
    }
    return chain;
  }

  #liveness(input: QueryInputs['token.liveness']): Promise<Reply<QueryAnswers['token.liveness']>> {
    const { agentSessionId, delegationEdgeId } = input;
    const chain = this.#chainOf(delegationEdgeId);
    const session = agentSessionId === null ? null : this.#reads.find('session', agentSessionId);
    const targetId = chain[0]?.context.targetSessionId;
    const target = targetId === undefined ? null : this.#reads.find('session', targetId);
    const liveness = livenessOf(session, chain, target);
    return this.#telling.tell(() => liveness);
  }

  /** As far as is on disk when it was asked. */
  async #announcements({ after, most }: QueryInputs['zone.announcements']) {
    const { seq } = await this.#telling.tell(() => ({}));
    if (after > (seq ?? 0)) return { seq, answer: refuse('invalid_cursor') };
    const announcements = await this.#announcing.of(after + 1, Math.min(after + most, seq ?? 0));
    return { seq, answer: { announcements } };
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
