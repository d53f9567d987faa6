// How a zone finds what a query asks for. Each read takes what it needs from memory in one turn of the event loop, so that
// it sees one moment of the zone, and adds from the archive what has left memory. Nothing here waits for the journal.
import type { Caller } from '../../authority/caller.ts';
import { denied } from '../../authority/rules.ts';
import { refuse, type Refusal, type RefusalCode } from '../../refusals.ts';
import type { ActorKind, Records } from '../actors/codec.ts';
import type { Direction, EdgeRecord } from '../actors/edges.ts';
import { sessionsOf, type InvocationRecord } from '../actors/invocations.ts';
import type { ServiceRecord } from '../actors/services.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import { LIST_SCAN_MAX } from '../../limits.ts';
import type { Archive, ArchiveReader } from './archive.ts';
import type { Bodies } from '../bodies.ts';
import type { InvocationFilter, Page, PageRequest, SessionFilter } from '../commands.ts';
import type { Ends } from '../authority-end.ts';
import type { EdgeSight } from './authority-views.ts';
import type { DirectoryTable } from '../directory.ts';
import type { ZoneMemory } from '../memory.ts';
import type { Find } from '../messages/messages.ts';
import { nothing, pageFrom, type Choice } from './pages.ts';
import { invocationStatusOf, sessionStatusOf } from '../status-words.ts';
import { edgeBytes, invocationBytes, registeredBytes, ROW_BYTES, serviceBytes, sessionBytes } from '../sizes.ts';
import {
  metadataOf,
  type DirectorySight,
  type InvocationSight,
  type ServiceSight,
  type SessionSight,
} from './views.ts';

/** The refusal if there is no such actor. */
export const NOT_FOUND: { readonly [Kind in ActorKind]: RefusalCode } = {
  session: 'agent_not_found',
  service: 'agent_service_not_found',
  invocation: 'invocation_not_found',
  edge: 'delegation_not_found',
};

export class Reads {
  readonly #memory: ZoneMemory;
  readonly #archive: Archive;
  readonly #bodies: Pick<Bodies, 'bytesOf'>;

  constructor(memory: ZoneMemory, archive: Archive, bodies: Pick<Bodies, 'bytesOf'>) {
    this.#memory = memory;
    this.#archive = archive;
    this.#bodies = bodies;
  }

  /** An actor of the zone, one that has ended included. */
  find<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | undefined {
    return this.#memory.actors.find(kind, id) ?? this.#archive.find(kind, id);
  }

  named<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | Refusal {
    return this.find(kind, id) ?? refuse(NOT_FOUND[kind]);
  }

  /**
   * Runs `look` with a lookup of actors whose results stay the same while `look` runs: from memory, else from the archive as it
   * was at the beginning. An actor that leaves memory meanwhile is in the current archive.
   */
  consistently<Found>(look: (find: Find) => Promise<Found>): Promise<Found> {
    return this.#archive.view((seen) => look((kind, id) => this.#in(seen, kind, id) ?? this.#archive.find(kind, id)));
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

  sessions(filter: SessionFilter & PageRequest): Promise<Page<SessionSight> | Refusal> {
    return this.#archive.view(async (seen) => {
      const { sessions } = this.#memory.actors;
      const memory = mapped(sessions.descending(filter.cursor), (record) => this.session(record));
      const archive = this.#older(filter, () => seen.below('session', filter.cursor));
      return pageFrom({ memory, archive }, this.#sessionChoice(filter));
    });
  }

  children(id: string, filter: SessionFilter & PageRequest): Promise<Page<SessionSight> | Refusal> {
    return this.#archive.view(async (seen) => {
      if (!this.#in(seen, 'session', id)) return refuse('agent_not_found');
      const memory = mapped(this.#childrenInMemory(id, filter.cursor), (record) => this.session(record));
      const archive = this.#older(filter, () => seen.listed('session', 'child', id, filter.cursor));
      return pageFrom({ memory, archive }, this.#sessionChoice(filter, id));
    });
  }

  services({ limit, cursor }: PageRequest): Promise<Page<ServiceSight>> | Refusal {
    const { services } = this.#memory.actors;
    const memory = mapped(services.descending(cursor), (record) => this.service(record));
    const bytesOf = ({ record: { context } }: ServiceSight) =>
      ROW_BYTES + serviceBytes(context) + this.#bodies.bytesOf(context.metadata);
    return pageFrom({ memory, archive: nothing() }, { keeps: () => true, bytesOf, limit });
  }

  invocations(filter: InvocationFilter & PageRequest): Promise<Page<InvocationSight> | Refusal> {
    if (filter.status === 'dead') return Promise.resolve({ items: [], nextCursor: null });
    return this.#archive.view(async (seen) => {
      const show = (record: InvocationRecord) => ({ record });
      const memory = mapped(this.#memory.actors.invocations.descending(filter.cursor), show);
      const archive = isLiveOnly(filter.status)
        ? nothing()
        : mappedLater(seen.below('invocation', filter.cursor), show);
      return pageFrom(
        { memory, archive },
        {
          keeps: ({ record }) => fitsInvocation(record, filter),
          bytesOf: ({ record }) => ROW_BYTES + invocationBytes(record.context),
          limit: filter.limit,
        },
      );
    });
  }

  /** The active edges that the caller may see. */
  edges({ limit, cursor }: PageRequest, caller: Caller, ends: Ends): Promise<Page<EdgeSight>> | Refusal {
    const memory = mapped(this.#memory.actors.edges.descending(cursor), asSight);
    const keeps = ({ record }: EdgeSight) =>
      record.state === 'active' && mayRead(caller, record) && !ends.isEdgeOver(record);
    return pageFrom({ memory, archive: nothing() }, { keeps, bytesOf: edgeRowBytes, limit });
  }

  /** The edges to or from a session, lapsed ones included, that the caller may see. */
  edgesOf(
    direction: Direction,
    sessionId: string,
    { limit, cursor }: PageRequest,
    caller: Caller,
  ): Promise<Page<EdgeSight> | Refusal> {
    return this.#archive.view(async (seen) => {
      if (!this.#in(seen, 'session', sessionId)) return refuse('agent_not_found');
      const { edges } = this.#memory.actors;
      const active = direction === 'inbound' ? edges.inboundOf(sessionId) : edges.outboundOf(sessionId);
      const memory = mapped(membersBelow(edges, [active, edges.lapsedOf(direction, sessionId)], cursor), asSight);
      const archive = mappedLater(seen.listed('edge', direction, sessionId, cursor), asSight);
      const keeps = ({ record }: EdgeSight) => touches(record, direction, sessionId) && mayRead(caller, record);
      return pageFrom({ memory, archive }, { keeps, bytesOf: edgeRowBytes, limit });
    });
  }

  directory({
    table,
    limit,
    cursor,
  }: PageRequest & { readonly table: DirectoryTable }): Promise<Page<DirectorySight>> | Refusal {
    const { directory } = this.#memory;
    const memory = mapped(directory.descending(table, cursor), ({ name, row }) => ({ record: { id: name }, row }));
    const bytesOf = ({ record, row }: DirectorySight) => ROW_BYTES + registeredBytes(record.id, row);
    return pageFrom({ memory, archive: nothing() }, { keeps: () => true, bytesOf, limit });
  }

  #in<Kind extends ActorKind>(seen: ArchiveReader, kind: Kind, id: string): Records[Kind] | undefined {
    return this.#memory.actors.find(kind, id) ?? seen.find(kind, id);
  }

  #older(filter: SessionFilter, older: () => AsyncIterable<SessionRecord>): AsyncIterable<SessionSight> {
    return mayHaveEnded(filter) ? mappedLater(older(), (record) => this.session(record)) : nothing();
  }

  /** `parentId`: only the children of that session. */
  #sessionChoice(filter: SessionFilter & PageRequest, parentId?: string): Choice<SessionSight> {
    return {
      keeps: ({ record }) =>
        fitsSession(record, filter) && (parentId === undefined || record.context.parentId === parentId),
      bytesOf: ({ record }) => ROW_BYTES + sessionBytes(record.context) + this.#bodies.bytesOf(metadataOf(record)),
      limit: filter.limit,
    };
  }

  #childrenInMemory(parentId: string, before: string | null): Iterable<SessionRecord> {
    const { sessions } = this.#memory.actors;
    return membersBelow(sessions, [sessions.childrenOf(parentId), sessions.endedChildrenOf(parentId)], before);
  }
}

/**
 * Yields the records of some ids below `before`, the greatest first. Few ids are sorted. More ids than a page examines are not:
 * then every record of the population is yielded, and the reader of the page must filter them.
 */
const membersBelow = <Row extends { readonly id: string }>(
  population: { find(id: string): Row | undefined; descending(before: string | null): Iterable<Row> },
  sets: readonly ReadonlySet<string>[],
  before: string | null,
): Iterable<Row> => {
  if (sets.reduce((count, set) => count + set.size, 0) > LIST_SCAN_MAX) return population.descending(before);
  const ids = sets.flatMap((set) => [...set]).filter((id) => before === null || id < before);
  return found(
    population,
    ids.toSorted((a, b) => (a < b ? 1 : -1)),
  );
};

function* found<Row>(population: { find(id: string): Row | undefined }, ids: readonly string[]): Generator<Row> {
  for (const id of ids) {
    const record = population.find(id);
    if (record) yield record;
  }
}

const touches = ({ context }: EdgeRecord, direction: Direction, sessionId: string): boolean =>
  (direction === 'inbound' ? context.targetSessionId : context.sourceSessionId) === sessionId;

const edgeRowBytes = ({ record }: EdgeSight): number => ROW_BYTES + edgeBytes(record.context);

const asSight = (record: EdgeRecord): EdgeSight => ({ record });

/** Whoever issued or received an edge sees it; so does whoever may see all. */
export const mayRead = (caller: Caller, { context }: EdgeRecord): boolean =>
  denied(caller, 'edge.read', context.issuerApplicationId) === null ||
  denied(caller, 'edge.read', context.receiverApplicationId) === null;

function* mapped<R, S>(records: Iterable<R>, show: (record: R) => S): Generator<S> {
  for (const record of records) yield show(record);
}

async function* mappedLater<R, S>(records: AsyncIterable<R>, show: (record: R) => S): AsyncGenerator<S> {
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
