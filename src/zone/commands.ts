// What callers can ask of a zone: commands change it, queries look at it. Both come with everything that could differ
// between two runs: new ids and the caller from the door, the instant from the zone's own door, when its turn has come.
import type { AgentSessionFacts, Lifecycle } from '../../machines/agent-session.ts';
import type { Instant } from '../../machines/words.ts';
import type { InvocationFacts } from '../../machines/invocation.ts';
import type { Health, ServiceAgentFacts } from '../../machines/service-agent.ts';
import type { Caller } from '../authority/caller.ts';
import type { Refusal } from '../refusals.ts';
import type { Conditions } from './conditions.ts';
import type { Announcement } from './messages/messages.ts';
import type { EdgeRecord } from './actors/edges.ts';
import type { AuthorityView, EdgeSight, Impact, Traversal } from './reading/authority-views.ts';
import type { Liveness } from './liveness.ts';
import type { Data } from './bodies.ts';
import type { DirectoryFacts, DirectoryRow, DirectoryTable } from './directory.ts';
import type { ZoneEntry } from './events.ts';
import type { InvocationStatus, SessionStatus } from './status-words.ts';
import type { DirectorySight, InvocationSight, InvocationView, ServiceView, SessionView } from './reading/views.ts';

export interface Ask {
  readonly caller: Caller;
  readonly requestId: string;
  readonly traceId: string | null;
  /** The client's address, for the audit; absent where nobody came over a network. */
  readonly from?: string;
}

interface Named {
  readonly id: string;
}

export interface CommandInputs {
  'session.start': {
    readonly id: string;
    readonly applicationId: string;
    readonly subjectSessionId: string | null;
    readonly parentId: string | null;
    readonly lifecycle: Lifecycle;
    readonly labels: readonly string[];
    readonly ttlSeconds: number | null;
    readonly metadata: Data;
    /** Null if the caller does not name one. */
    readonly parentAuthority: 'inherit' | 'none' | null;
    /** The inbound edge of the parent whose authority the child is to carry; null when none is named. */
    readonly inheritParentEdgeId: string | null;
    /** For the edge that hands that on, should there be one. */
    readonly edgeId: string;
  };
  'session.suspend': Named;
  'session.resume': Named;
  'session.terminate': Named & {
    readonly reason: string;
    /**
     * The generation of the lease that the caller holds; absent if it names none, as in receipts of earlier versions.
     */
    readonly leaseGeneration?: number;
  };
  'session.heartbeat': Named & {
    readonly serviceId: string | null;
    readonly health: Health;
    /** Merged into the service's. */
    readonly metadata: Data;
    /** The generation the caller believes to hold; null when it does not say. */
    readonly leaseGeneration: number | null;
  };
  'session.take-lease': Named;
  'service.register': Named & ServiceAgentFacts & { readonly metadata: Data };
  'invocation.create': Named &
    Omit<InvocationFacts, 'idempotencyKey'> & { readonly params: unknown; readonly metadata: Data };
  'invocation.start': Named;
  'invocation.cancel': Named & { readonly reason: string | null };
  'invocation.complete': Named & {
    readonly status: 'succeeded' | 'failed';
    /** The attempt that ended; null when the worker does not name it. */
    readonly attempt: number | null;
    readonly error: Data | null;
    /** Merged into the invocation's. */
    readonly metadata: Data;
  };
  'edge.create': Named & {
    readonly sourceSessionId: string;
    readonly targetSessionId: string;
    readonly issuerApplicationId: string;
    readonly receiverApplicationId: string;
    readonly parentEdgeId: string | null;
    readonly resourceId: string | null;
    readonly scopes: readonly string[];
    /** As they came: what they may be is the first thing decided. */
    readonly constraints: unknown;
    readonly expiresAt: Instant | null;
    readonly ttlSeconds: number | null;
  };
  'edge.revoke': Named;
  'directory.register': {
    readonly table: DirectoryTable;
    readonly name: string;
    readonly facts: DirectoryFacts[DirectoryTable];
  };
  'directory.archive': { readonly table: DirectoryTable; readonly name: string };
}

export type CommandType = keyof CommandInputs;

/**
 * `dryRun` applies to commands that can report their changes in advance; `conditions` to commands that name an actor or row,
 * which must fulfil them. An `idempotencyKey` makes every command safe to send again.
 */
export interface Command<T extends CommandType = CommandType> {
  readonly type: T;
  readonly input: CommandInputs[T];
  readonly idempotencyKey: string | null;
  readonly dryRun: boolean;
  readonly conditions?: Conditions | null;
}

/** What a carried out command (or its dry run) comes to, beside what it shows. */
export interface Outcome {
  /** The sessions whose state changed, or would change; empty in a repeated answer, which contains only their number. */
  readonly moved: readonly string[];
  readonly movedCount: number;
  /** The edges that were revoked, or would be; empty in a repeated answer. */
  readonly revoked: readonly string[];
  readonly revokedCount: number;
  /** The answer repeats what an earlier request with the same key did. */
  readonly replayed: boolean;
  readonly dryRun: boolean;
}

/** The session the command named or made, as it is afterwards; in a dry run as it is. */
export type SessionDone = Outcome & { readonly session: SessionView };
export type HeartbeatDone = Outcome & { readonly session: SessionView; readonly service: ServiceView | null };
export type ServiceDone = Outcome & { readonly service: ServiceView };
export type InvocationDone = Outcome & { readonly invocation: InvocationView };

export type EdgeDone = Outcome & { readonly edge: EdgeRecord };
/**
 * `subjects`: the subject sessions of the targets of the edge and of all edges downstream, each once; empty in a repeated
 * answer. `edge` is null in a repeated answer.
 */
export type RevokeDone = Outcome & {
  readonly edge: EdgeRecord | null;
  /** How many of the revoked edges are the named one and those downstream. */
  readonly downstreamCount: number;
  readonly subjects: readonly string[];
  readonly subjectsCount: number;
  readonly epoch: number;
};
export type DirectoryDone = Outcome & { readonly name: string; readonly row: DirectoryRow<DirectoryTable> };

export interface CommandAnswers {
  'session.start': SessionDone;
  'session.suspend': SessionDone;
  'session.resume': SessionDone;
  'session.terminate': SessionDone;
  'session.heartbeat': HeartbeatDone;
  'session.take-lease': SessionDone;
  'service.register': ServiceDone;
  'invocation.create': InvocationDone;
  'invocation.start': InvocationDone;
  'invocation.cancel': InvocationDone;
  'invocation.complete': InvocationDone;
  'edge.create': EdgeDone;
  'edge.revoke': RevokeDone;
  'directory.register': DirectoryDone;
  'directory.archive': DirectoryDone;
}

export interface SessionFilter {
  readonly status: SessionStatus | null;
  readonly lifecycle: AgentSessionFacts['lifecycle'] | null;
  readonly applicationId: string | null;
  readonly label: string | null;
}

export interface InvocationFilter {
  /** `dead` is a status of the reference that no invocation has here. */
  readonly status: InvocationStatus | 'dead' | null;
  readonly serviceId: string | null;
  /** Source or target. */
  readonly sessionId: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

/** A page of an answer of several lists. */
export interface WalkRequest {
  /** Rows of all lists together; null for as many as fit in a page. */
  readonly limit: number | null;
  readonly cursor: string | null;
}

export interface QueryInputs {
  'session.get': Named;
  'session.list': SessionFilter & PageRequest;
  'session.children': SessionFilter & PageRequest & Named;
  'session.history': PageRequest & Named;
  'service.list': PageRequest;
  'invocation.get': Named;
  'invocation.list': InvocationFilter & PageRequest;
  'invocation.history': PageRequest & Named;
  'edge.active': PageRequest;
  'edge.inbound': PageRequest & Named;
  /** An active edge to a session. */
  'edge.held': Named & { readonly sessionId: string };
  'edge.outbound': PageRequest & Named;
  'edge.traverse': WalkRequest & Named;
  'edge.impact': WalkRequest & Named;
  'edge.history': PageRequest & Named;
  /** The entries that touched an actor, the oldest `most` of them. For the operator. */
  'actor.path': Named & { readonly kind: 'session' | 'invocation' | 'edge'; readonly most: number };
  'session.authority': Named;
  'directory.get': { readonly table: DirectoryTable; readonly name: string };
  'directory.list': PageRequest & { readonly table: DirectoryTable };
  /** Whether the caller still stands for somebody: refused with `identity_revoked` where not. */
  'caller.standing': object;
  /** What subscribers are told of the entries after one, of at most so many of them. */
  'zone.announcements': { readonly after: number; readonly most: number };
  /** Whether what a token names is active right now; null where it names none. */
  'token.liveness': { readonly agentSessionId: string | null; readonly delegationEdgeId: string | null };
}

export interface QueryAnswers {
  'session.get': SessionView;
  'session.list': Page<SessionView>;
  'session.children': Page<SessionView>;
  'session.history': Page<ZoneEntry>;
  'service.list': Page<ServiceView>;
  'invocation.get': InvocationView;
  'invocation.list': Page<InvocationSight>;
  'invocation.history': Page<ZoneEntry>;
  'edge.active': Page<EdgeSight>;
  'edge.inbound': Page<EdgeSight>;
  'edge.held': EdgeSight;
  'edge.outbound': Page<EdgeSight>;
  'edge.traverse': Traversal;
  'edge.impact': Impact;
  'edge.history': Page<ZoneEntry>;
  'actor.path': ActorPath;
  'session.authority': AuthorityView;
  'directory.get': DirectorySight;
  'directory.list': Page<DirectorySight>;
  'caller.standing': object;
  'zone.announcements': { readonly announcements: readonly Announcement[] };
  'token.liveness': Liveness;
}

/** The path of an actor through its machine, at one moment. */
export interface ActorPath {
  readonly entries: readonly ZoneEntry[];
  /** Whether these are all entries that touched it. */
  readonly isWhole: boolean;
  /** Present for a session that has ended. */
  readonly terminationReason: string | null;
}

export type QueryType = keyof QueryInputs;

export interface Query<T extends QueryType = QueryType> {
  readonly type: T;
  readonly input: QueryInputs[T];
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** What a zone answers, and the journal sequence the answer reflects; null where no zone was there to be reflected. */
export interface Reply<Answer> {
  readonly seq: number | null;
  readonly answer: Answer | Refusal;
}

export const isRefusal = (value: object): value is Refusal => 'code' in value;
