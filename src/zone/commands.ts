// What callers can ask of a zone: commands change it, queries look at it. Both come with everything that could differ
// between two runs: new ids and the caller from the door, the instant from the zone's own door, when its turn has come.
import type { AgentSessionFacts, Lifecycle } from '../../machines/agent-session.ts';
import type { Caller } from '../authority/caller.ts';
import type { Refusal } from '../refusals.ts';
import type { ZoneEntry } from './events.ts';
import type { SessionRecord } from './sessions.ts';

export interface Ask {
  readonly caller: Caller;
  readonly requestId: string;
  readonly traceId: string | null;
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
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly parentAuthority: 'inherit' | 'none';
    /** The inbound edge of the parent whose authority the child is to carry; null when none is named. */
    readonly inheritParentEdgeId: string | null;
  };
  'session.suspend': { readonly id: string };
  'session.resume': { readonly id: string };
  'session.terminate': { readonly id: string; readonly reason: string };
}

export type CommandType = keyof CommandInputs;

/** `idempotencyKey` counts for commands that create; `dryRun` for those that can say what they would change. */
export interface Command<T extends CommandType = CommandType> {
  readonly type: T;
  readonly input: CommandInputs[T];
  readonly idempotencyKey: string | null;
  readonly dryRun: boolean;
}

/** What a carried out command (or its dry run) comes to. */
export interface Done {
  readonly kind: 'done';
  /** The session the command named or made, as it is afterwards; in a dry run as it is. */
  readonly session: SessionView;
  /** The sessions whose state changed, or would. */
  readonly moved: readonly string[];
  /** The answer repeats what an earlier request with the same key did. */
  readonly replayed: boolean;
  readonly dryRun: boolean;
}

export interface ListFilter {
  readonly status: SessionStatus | null;
  readonly lifecycle: AgentSessionFacts['lifecycle'] | null;
  readonly applicationId: string | null;
  readonly label: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface QueryInputs {
  'session.get': { readonly id: string };
  'session.list': ListFilter & PageRequest;
  'session.children': ListFilter & PageRequest & { readonly id: string };
  'session.history': PageRequest & { readonly id: string };
}

export interface QueryAnswers {
  'session.get': SessionView;
  'session.list': Page<SessionView>;
  'session.children': Page<SessionView>;
  'session.history': Page<ZoneEntry>;
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

/** The reference's word for a session's state. */
export type SessionStatus = 'active' | 'suspended' | 'terminated' | 'expired';

/** The status word of a session's state. */
export const statusOf = ({ state }: SessionRecord): SessionStatus => {
  if (state === 'active') return 'active';
  if ('suspended' in state) return 'suspended';
  return state.terminated === 'expired' ? 'expired' : 'terminated';
};

/** A session with what is told of it beside its snapshot. */
export interface SessionView {
  readonly record: SessionRecord;
  readonly childCount: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What a zone answers, and the journal sequence the answer reflects; null where no zone was there to be reflected. */
export interface Reply<Answer> {
  readonly seq: number | null;
  readonly answer: Answer | Refusal;
}

export const isRefusal = (value: object): value is Refusal => 'code' in value;
