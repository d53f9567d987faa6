// Every query and how it is answered. A query without an answer does not compile.
import {
  isRefusal,
  type ActorPath,
  type Page,
  type PageRequest,
  type Query,
  type QueryAnswers,
  type QueryInputs,
  type QueryType,
  type Reply,
  type WalkRequest,
} from '../commands.ts';
import { denied } from '../../authority/rules.ts';
import type { Caller } from '../../authority/caller.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { AuthorityTime } from '../../time/zone-time.ts';
import type { Actors } from '../actors/actors.ts';
import type { Announcing } from '../messages/announcing.ts';
import { Ends } from '../authority-end.ts';
import { authorityOf, impactOf, traversalOf, withinOneAnswer } from './authority-views.ts';
import type { DirectoryTable } from '../directory.ts';
import type { ZoneMemory } from '../memory.ts';
import { mayRead, NOT_FOUND } from './reads.ts';
import type { ActorKind, Records } from '../actors/codec.ts';
import type { ZoneEntry } from '../events.ts';
import type { Course, Histories } from './histories.ts';
import { boundOf, livenessOf } from '../liveness.ts';
import type { Reads } from './reads.ts';
import type { Telling } from '../telling.ts';
import type { SessionView, Views } from './views.ts';

type Answerers = {
  readonly [T in QueryType]: (
    input: QueryInputs[T],
    caller: Caller,
    at: AuthorityTime,
  ) => Promise<Reply<QueryAnswers[T]>>;
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
      this.#telling.tellFound(this.#reads.sessions(input), (page) => shown(page, (each) => this.#views.session(each))),
    'session.children': (input) =>
      this.#telling.tellFound(this.#reads.children(input.id, input), (page) =>
        shown(page, (each) => this.#views.session(each)),
      ),
    'session.history': (input) => this.#history('session', input),
    'service.list': (input) =>
      this.#telling.tellFound(this.#reads.services(input), (page) => shown(page, (each) => this.#views.service(each))),
    'invocation.get': ({ id }) => this.#invocation(id),
    'invocation.list': (input) => this.#telling.tellFound(this.#reads.invocations(input), (page) => page),
    'invocation.history': (input) => this.#history('invocation', input),
    'edge.active': (input, caller, at) =>
      this.#telling.tellFound(this.#reads.edges(input, caller, this.#ends(at)), (page) => page),
    'edge.inbound': (input, caller) =>
      this.#telling.tellFound(this.#reads.edgesOf('inbound', input.id, input, caller), (page) => page),
    'edge.outbound': (input, caller) =>
      this.#telling.tellFound(this.#reads.edgesOf('outbound', input.id, input, caller), (page) => page),
    'edge.held': (input, caller, at) => this.#held(input, caller, at),
    'edge.traverse': (input, caller) => this.#traced(input, caller, traversalOf),
    'edge.impact': (input, caller) => this.#traced(input, caller, impactOf),
    'edge.history': (input, caller) => this.#history('edge', input, (edge) => mayRead(caller, edge)),
    'actor.path': (input) => this.#path(input),
    'session.authority': ({ id }, caller, at) => this.#authority(id, caller, at),
    'directory.get': ({ table, name }) => this.#entry(table, name),
    'directory.list': (input) => this.#telling.tellFound(this.#reads.directory(input), (page) => page),
    'caller.standing': () => this.#telling.tell(() => ({})),
    'zone.announcements': (input) => this.#announcements(input),
    'token.liveness': (input, caller, at) => this.#liveness(input, caller, at),
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

  answer<T extends QueryType>(
    { type, input }: Query<T>,
    caller: Caller,
    at: AuthorityTime,
  ): Promise<Reply<QueryAnswers[T]>> {
    return this.#answerers[type](input, caller, at);
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

  /**
   * Returns an active edge to its receiver, to an admin and to the operator. Other callers get `delegation_not_found`.
   */
  #held(
    { id, sessionId }: QueryInputs['edge.held'],
    caller: Caller,
    at: AuthorityTime,
  ): Promise<Reply<QueryAnswers['edge.held']>> {
    const edge = this.#memory.actors.edges.live(id);
    const isHeld = edge?.context.targetSessionId === sessionId && !this.#ends(at).isEdgeOver(edge);
    const isShown = isHeld && denied(caller, 'edge.read', edge.context.receiverApplicationId) === null;
    return this.#telling.tell(() => (isShown ? { record: edge } : refuse('delegation_not_found')));
  }

  /** What hangs on an active edge is its issuer's to know. */
  #traced<Found extends object>(
    { id, ...request }: WalkRequest & { readonly id: string },
    caller: Caller,
    look: (actors: Actors, edgeId: string, request: WalkRequest) => Found,
  ): Promise<Reply<Found>> {
    const edge = this.#memory.actors.edges.live(id);
    if (!edge) return this.#telling.tell<Found>(() => refuse('delegation_not_found'));
    const forbidden = denied(caller, 'edge.trace', edge.context.issuerApplicationId);
    if (forbidden) return this.#telling.tell<Found>(() => refuse(forbidden));
    const found = look(this.#memory.actors, id, request);
    return this.#telling.tell(() => found);
  }

  async #history<Kind extends ActorKind>(
    kind: Kind,
    input: PageRequest & { readonly id: string },
    mayKnow: (record: Records[Kind]) => boolean = () => true,
  ): Promise<Reply<Page<ZoneEntry>>> {
    const course = this.#histories.course(kind, input.id, input).then((found) => known(kind, found, mayKnow));
    const { seq, answer } = await this.#telling.tellFound(course, ({ page }) => page);
    if (isRefusal(answer)) return { seq, answer };
    const { entries, isWhole } = await this.#histories.entries(answer.items);
    const nextCursor = isWhole ? answer.nextCursor : String(entries.at(-1)?.seq);
    return { seq, answer: { items: entries, nextCursor } };
  }

  /** Returns the path of an actor, as far as it fits in one answer, and the reason of its end, all at one moment. */
  async #path({ kind, id, most }: QueryInputs['actor.path']): Promise<Reply<ActorPath>> {
    const request = { limit: most, cursor: null };
    const course = this.#histories.course(kind, id, request).then((found) => known(kind, found, () => true));
    const { seq, answer } = await this.#telling.tellFound(course, (found) => found);
    if (isRefusal(answer)) return { seq, answer };
    const { record, page } = answer;
    const { entries, isWhole } = await this.#histories.entries(page.items);
    const { context } = record;
    const terminationReason = 'terminationReason' in context ? context.terminationReason : null;
    return { seq, answer: { entries, isWhole: isWhole && page.nextCursor === null, terminationReason } };
  }

  /** What a session may do anybody of the zone may know; by which edges, those who may see them. */
  #authority(id: string, caller: Caller, at: AuthorityTime): Promise<Reply<QueryAnswers['session.authority']>> {
    const session = this.#reads.named('session', id);
    if (isRefusal(session)) return this.#telling.tell<never>(() => session);
    const { actors, epoch } = this.#memory;
    const shown = async () => {
      const view = await authorityOf(actors, session, { epoch, ends: this.#ends(at) });
      if (isRefusal(view)) return view;
      return withinOneAnswer({ ...view, inbound: view.inbound.filter((edge) => mayRead(caller, edge)) });
    };
    return this.#telling.tellFound(shown(), (view) => view);
  }

  #entry(table: DirectoryTable, name: string): Promise<Reply<QueryAnswers['directory.get']>> {
    const row = this.#memory.directory.row(table, name);
    return this.#telling.tell(() => (row ? { record: { id: name }, row } : refuse('directory_entry_not_found')));
  }

  #liveness(
    names: QueryInputs['token.liveness'],
    caller: Caller,
    at: AuthorityTime,
  ): Promise<Reply<QueryAnswers['token.liveness']>> {
    const applicationId = caller.kind === 'bearer' ? caller.applicationId : '';
    const bound = boundOf((kind, id) => this.#reads.find(kind, id), { applicationId, ...names });
    const liveness = livenessOf(bound, this.#ends(at));
    return this.#telling.tell(() => liveness);
  }

  #ends(at: AuthorityTime): Ends {
    return new Ends(this.#memory, at);
  }

  /** As far as is on disk when it was asked. */
  async #announcements({ after, most }: QueryInputs['zone.announcements']) {
    const { seq } = await this.#telling.tell(() => ({}));
    if (after > (seq ?? 0)) return { seq, answer: refuse('invalid_cursor') };
    const announcements = await this.#announcing.of(after + 1, Math.min(after + most, seq ?? 0));
    return { seq, answer: { announcements } };
  }
}

const shown = <Row, Shown>({ items, nextCursor }: Page<Row>, show: (row: Row) => Shown): Page<Shown> => ({
  items: items.map(show),
  nextCursor,
});

/** An actor whose history the caller may not read is answered like an unknown one. */
const known = <Kind extends ActorKind>(
  kind: Kind,
  found: Course<Kind> | Refusal | undefined,
  mayKnow: (record: Records[Kind]) => boolean,
): Course<Kind> | Refusal => {
  if (found === undefined) return refuse(NOT_FOUND[kind]);
  return isRefusal(found) || mayKnow(found.record) ? found : refuse(NOT_FOUND[kind]);
};
