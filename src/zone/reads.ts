// How a zone finds what a query asks for. Each read takes what it needs from memory in one turn of the event loop, so that
// it sees one moment of the zone, and adds from the archive what has left memory. Nothing here waits for the journal.
import type { Caller } from '../authority/caller.ts';
import { denied } from '../authority/rules.ts';
import { refuse, type Refusal, type RefusalCode } from '../refusals.ts';
import type { ActorKind, Records } from './actors/codec.ts';
import type { Direction, EdgeRecord } from './actors/edges.ts';
import { sessionsOf, type InvocationRecord } from './actors/invocations.ts';
import type { ServiceRecord } from './actors/services.ts';
import type { SessionRecord } from './actors/sessions.ts';
import type { Archive } from './archive.ts';
import type { InvocationFilter, Page, PageRequest, SessionFilter } from './commands.ts';
import type { EdgeSight } from './authority-views.ts';
import type { DirectoryTable } from './directory.ts';
import type { ZoneMemory } from './memory.ts';
import { nothing, pageFrom } from './pages.ts';
import { invocationStatusOf, sessionStatusOf } from './status-words.ts';
import type { DirectorySight, InvocationSight, ServiceSight, SessionSight } from './views.ts';

const NOT_FOUND: { readonly [Kind in ActorKind]: RefusalCode } = {
  session: 'agent_not_found',
  service: 'agent_service_not_found',
  invocation: 'invocation_not_found',
  edge: 'delegation_not_found',
};

export class Reads {
  readonly #memory: ZoneMemory;
  readonly #archive: Archive;

  constructor(memory: ZoneMemory, archive: Archive) {
    this.#memory = memory;
    this.#archive = archive;
  }

  /** An actor of the zone, one that has ended included. */
  find<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | undefined {
    return this.#memory.actors.find(kind, id) ?? this.#archive.find(kind, id);
  }

  named<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | Refusal {
    return this.find(kind, id) ?? refuse(NOT_FOUND[kind]);
  }

  session(record: SessionRecord): SessionSight {
    const { actors, leases } = this.#memory;
    return {
      record,
      childCount: actors.sessions.childrenOf(record.id).size,
      heardAt: this.#memory.heardAt(record),
      leaseUntil: leases.until(record.id),
    };
  }

  service(record: ServiceRecord): ServiceSight {
    return { record, heardAt: this.#memory.heardAt(record) };
  }

  sessions(filter: SessionFilter & PageRequest): Promise<Page<SessionSight>> | Refusal {
    return this.#sessionPage(this.#memory.actors.sessions.descending(filter.cursor), filter, () =>
      this.#archive.below('session', filter.cursor),
    );
  }

  children(id: string, filter: SessionFilter & PageRequest): Promise<Page<SessionSight>> | Refusal {
    if (!this.find('session', id)) return refuse('agent_not_found');
    return this.#sessionPage(this.#childrenInMemory(id, filter.cursor), filter, () =>
      this.#archive.listed('session', 'child', id, filter.cursor),
    );
  }

  services({ limit, cursor }: PageRequest): Promise<Page<ServiceSight>> | Refusal {
    const { services } = this.#memory.actors;
    const memory = seen(services.descending(cursor), (record) => this.service(record));
    return pageFrom({ memory, archive: nothing() }, () => true, limit);
  }

  invocations(filter: InvocationFilter & PageRequest): Promise<Page<InvocationSight>> | Refusal {
    const show = (record: InvocationRecord) => ({ record });
    const memory = seen(this.#memory.actors.invocations.descending(filter.cursor), show);
    const archive = isLiveOnly(filter.status)
      ? nothing()
      : seenLater(this.#archive.below('invocation', filter.cursor), show);
    return pageFrom({ memory, archive }, ({ record }) => fitsInvocation(record, filter), filter.limit);
  }

  /** The active edges that the caller may see. */
  edges({ limit, cursor }: PageRequest, caller: Caller): Promise<Page<EdgeSight>> | Refusal {
    const memory = seen(this.#memory.actors.edges.descending(cursor), asSight);
    return pageFrom(
      { memory, archive: nothing() },
      ({ record }) => record.state === 'active' && mayRead(caller, record),
      limit,
    );
  }

  /** The edges to or from a session, lapsed ones included, that the caller may see. */
  edgesOf(
    direction: Direction,
    sessionId: string,
    { limit, cursor }: PageRequest,
    caller: Caller,
  ): Promise<Page<EdgeSight>> | Refusal {
    if (!this.find('session', sessionId)) return refuse('agent_not_found');
    const { edges } = this.#memory.actors;
    const active = direction === 'inbound' ? edges.inboundOf(sessionId) : edges.outboundOf(sessionId);
    const memory = below(edges, [...active, ...edges.lapsedOf(direction, sessionId)], cursor).map(asSight);
    const archive = seenLater(this.#archive.listed('edge', direction, sessionId, cursor), asSight);
    return pageFrom({ memory, archive }, ({ record }) => mayRead(caller, record), limit);
  }

  directory({
    table,
    limit,
    cursor,
  }: PageRequest & { readonly table: DirectoryTable }): Promise<Page<DirectorySight>> | Refusal {
    const { directory } = this.#memory;
    const memory = seen(directory.descending(table, cursor), ({ name, row }) => ({ record: { id: name }, row }));
    return pageFrom({ memory, archive: nothing() }, () => true, limit);
  }

  #sessionPage(
    records: Iterable<SessionRecord>,
    filter: SessionFilter & PageRequest,
    older: () => AsyncIterable<SessionRecord>,
  ): Promise<Page<SessionSight>> {
    const show = (record: SessionRecord) => this.session(record);
    const memory = seen(records, show);
    const archive = mayHaveEnded(filter) ? seenLater(older(), show) : nothing();
    return pageFrom({ memory, archive }, ({ record }) => fitsSession(record, filter), filter.limit);
  }

  #childrenInMemory(parentId: string, before: string | null): SessionRecord[] {
    const { sessions } = this.#memory.actors;
    return below(sessions, [...sessions.childrenOf(parentId), ...sessions.endedChildrenOf(parentId)], before);
  }
}

/** Records of some ids, those below `before`, the greatest first. */
const below = <Row>(
  population: { find(id: string): Row | undefined },
  ids: readonly string[],
  before: string | null,
): Row[] =>
  ids
    .filter((id) => before === null || id < before)
    .toSorted((a, b) => (a < b ? 1 : -1))
    .map((id) => population.find(id))
    .filter((record) => record !== undefined);

const asSight = (record: EdgeRecord): EdgeSight => ({ record });

/** Whoever issued or received an edge sees it; so does whoever may see all. */
export const mayRead = (caller: Caller, { context }: EdgeRecord): boolean =>
  denied(caller, 'edge.read', context.issuerApplicationId) === null ||
  denied(caller, 'edge.read', context.receiverApplicationId) === null;

function* seen<R, S>(records: Iterable<R>, show: (record: R) => S): Generator<S> {
  for (const record of records) yield show(record);
}

async function* seenLater<R, S>(records: AsyncIterable<R>, show: (record: R) => S): AsyncGenerator<S> {
  for await (const record of records) yield show(record);
}

const mayHaveEnded = ({ status }: SessionFilter) => status === null || status === 'terminated' || status === 'expired';

const LIVE_STATUSES: readonly string[] = ['pending', 'running', 'cancel_requested'];
/** `failed` is not among them: it may be waiting to be tried again, or over. */
const isLiveOnly = (status: InvocationFilter['status']) => status !== null && LIVE_STATUSES.includes(status);

const fitsSession = (record: SessionRecord, { status, lifecycle, applicationId, label }: SessionFilter): boolean =>
  (status === null || sessionStatusOf(record) === status) &&
  (lifecycle === null || record.context.lifecycle === lifecycle) &&
  (applicationId === null || record.context.applicationId === applicationId) &&
  (label === null || record.context.labels.includes(label));

const fitsInvocation = (record: InvocationRecord, { status, serviceId, sessionId }: InvocationFilter): boolean =>
  (status === null || invocationStatusOf(record) === status) &&
  (serviceId === null || record.context.serviceId === serviceId) &&
  (sessionId === null || sessionsOf(record.context).includes(sessionId));
