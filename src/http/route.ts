// What a route is made of. A row says which request becomes which command or query and how the answer looks; everything
// else, from the bearer to the shape of an error, happens around it in one place (`zone-call.ts`), so that a new row gets
// it for nothing. Rows are data: they cannot hold a rule or a transaction.
import { Type, type Static, type TSchema } from 'typebox';
import { refuse, type Refusal, type RefusalCode } from '../refusals.ts';
import type { Answers } from '../schemas/answers.ts';
import { checkOf, type Checked } from '../schemas/validation.ts';
import { unmetBy, type Conditions } from '../zone/conditions.ts';
import {
  isRefusal,
  type Ask,
  type CommandAnswers,
  type CommandInputs,
  type CommandType,
  type Outcome,
  type QueryAnswers,
  type QueryInputs,
  type QueryType,
  type Reply,
} from '../zone/commands.ts';
import { creates } from '../zone/effects.ts';
import type { Zone } from '../zone/zone.ts';
import { quoted } from './conditions.ts';
import type { CursorOrder } from './cursor.ts';

/** The place of the idempotency key: the header `Idempotency-Key`, which may be absent, or the body's `idempotency_key`. */
export type KeyPlace = 'header' | 'body';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What an accepted request is answered with. */
export interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** With its quotes. */
  readonly etag?: string;
}

/** The parts of a request that a row may use; body and query have been checked. */
export interface Parts<Body, Query> {
  /** The id in the path; empty where the path has none. */
  readonly id: string;
  /** The session in the path, in addition to the id; empty where the path has none. */
  readonly sessionId: string;
  /** An id for what the command makes, should it make something. */
  readonly newId: string;
  /** Another, for what comes into being along with it. */
  readonly otherId: string;
  readonly body: Body;
  readonly query: Query;
}

/** A request as the door has understood it. */
export interface Asked {
  readonly parts: Parts<unknown, unknown>;
  /** The idempotency key. */
  readonly key: string | null;
  readonly conditions: Conditions | null;
}

/** What a route says of itself to whoever reads about it. */
interface Told {
  /** What clients generated from the document call it: unique, and the same for ever. */
  readonly operationId: string;
  readonly summary: string;
  readonly answers: Answers;
  /** The refusals of its own, in the order of its checks; those of its kind come from `refusal-groups.ts`. */
  readonly refusals: readonly RefusalCode[];
}

interface Row<Body extends TSchema, Query extends TSchema> extends Told {
  readonly method: Method;
  /** With `:zoneId`, `:id` for what is named, and `:sessionId` for the session that it belongs to. */
  readonly path: string;
  readonly body?: Body;
  readonly query?: Query;
  /** Whether the operator token opens it, and whether nothing else does. */
  readonly operator: boolean | 'only';
  /** Where the zone stands; in the path unless it says otherwise. */
  readonly zoneIn?: 'body';
  /** Which limit of its application's requests counts. */
  readonly rate?: 'invocation';
  /** Present if the command only reduces authority or work, so that its requests use the lane of stops. */
  readonly stops?: true;
}

interface CommandRow<T extends CommandType, Body extends TSchema, Query extends TSchema> extends Row<Body, Query> {
  readonly command: T;
  /** Where the idempotency key is; in the header by default. */
  readonly key?: KeyPlace;
  readonly input: (parts: Parts<Static<Body>, Static<Query>>) => CommandInputs[T];
  readonly answer: (done: CommandAnswers[T], zone: string, parts: Parts<Static<Body>, Static<Query>>) => Answer;
  /** The entity tag of what the command named or made, as it is afterwards; null where nothing was made. */
  readonly tag?: (done: CommandAnswers[T]) => string | null;
}

interface QueryRow<T extends QueryType, Query extends TSchema> extends Row<TSchema, Query> {
  readonly ask: T;
  /** What its rows are ordered by; ids by default. */
  readonly order?: CursorOrder;
  readonly input: (parts: Parts<unknown, Static<Query>>) => QueryInputs[T];
  readonly view: (answer: QueryAnswers[T], zone: string) => object;
  /** The cursor of the next page, for an answer that is a bare array: it is sent in a header. */
  readonly next?: (answer: QueryAnswers[T]) => string | null;
  /** The entity tag of what is looked at; absent where that has none. */
  readonly tag?: (answer: QueryAnswers[T]) => string;
}

/** What came of a request, and the input of the command or query that it was. */
interface Ran extends Reply<Answer> {
  readonly input: object;
}

/** A row with its types folded away: what the table holds and the door walks. */
export interface Route extends Told {
  readonly method: Method;
  readonly path: string;
  readonly operator: boolean | 'only';
  readonly zoneIn: 'path' | 'body';
  readonly rate: 'invocation' | null;
  readonly stops: boolean;
  /** Null for queries. */
  readonly key: KeyPlace | null;
  /** Whether it creates something: then its ids are made at the door, and no condition applies to what does not exist yet. */
  readonly creates: boolean;
  /** What the rows of a list are ordered by. */
  readonly order: CursorOrder;
  /** Whether its answers carry an entity tag. */
  readonly tagged: boolean;
  /** Whether it names something that a request may be made to depend on. */
  readonly conditional: boolean;
  /** The command or query, for the API page. */
  readonly name: CommandType | QueryType;
  readonly schemas: { readonly body: TSchema | null; readonly query: TSchema | null };
  readonly checkBody: (body: unknown) => Checked<unknown>;
  readonly checkQuery: (query: unknown) => Checked<unknown>;
  readonly run: (zone: Zone, asked: Asked, ask: Ask) => Promise<Ran>;
}

const ANYTHING = Type.Object({});

export const command = <T extends CommandType, Body extends TSchema = TSchema, Query extends TSchema = TSchema>(
  row: CommandRow<T, Body, Query>,
): Route => ({
  ...commonOf(row),
  name: row.command,
  key: row.key ?? 'header',
  creates: creates(row.command),
  order: 'id',
  conditional: !creates(row.command),
  tagged: row.tag !== undefined,
  run: async (zone, { parts, key: idempotencyKey, conditions }, ask) => {
    const dryRun = hasDryRun(row) && (parts.query as { dry_run?: string }).dry_run === 'true';
    const checked = parts as Parts<Static<Body>, Static<Query>>;
    const input = row.input(checked);
    const reply = await zone.execute({ type: row.command, input, idempotencyKey, dryRun, conditions }, ask);
    const tell = (done: CommandAnswers[T]) => {
      // A repeated answer has no tag: the actor may have changed since the first one.
      const tag = done.replayed && !creates(row.command) ? null : (row.tag?.(done) ?? null);
      return repeated(done, tagged(row.answer(done, zone.id, checked), tag));
    };
    return { input, ...shown(reply, tell) };
  },
});

// A query string may say more than its row takes, and only these commands can show what they have not made.
const hasDryRun = ({ query }: { readonly query?: TSchema & { readonly properties?: object } }): boolean =>
  Object.hasOwn(query?.properties ?? {}, 'dry_run');

export const query = <T extends QueryType, Query extends TSchema = TSchema>(row: QueryRow<T, Query>): Route => ({
  ...commonOf(row),
  name: row.ask,
  key: null,
  creates: false,
  order: row.order ?? 'id',
  conditional: row.tag !== undefined,
  tagged: row.tag !== undefined,
  run: async (zone, { parts, conditions }, ask) => {
    const input = row.input(parts as Parts<unknown, Static<Query>>);
    const reply = await zone.look({ type: row.ask, input }, ask);
    const tell = (answer: QueryAnswers[T]) => {
      const tag = row.tag?.(answer) ?? null;
      const unmet = conditions && unmetBy(tag, conditions);
      if (unmet === 'ifMatch') return refuse('precondition_failed');
      if (unmet) return tagged({ status: 304 }, tag);
      const next = row.next?.(answer) ?? null;
      const headers = next === null ? {} : { headers: { 'Coordinator-Next-Cursor': encodeURIComponent(next) } };
      return tagged({ status: 200, body: row.view(answer, zone.id), ...headers }, tag);
    };
    return { input, ...shown(reply, tell) };
  },
});

// Whoever misspells `dry_run` means to change nothing: there, what is not known is refused and not ignored.
const asStrictAsItMustBe = (query: TSchema): TSchema =>
  hasDryRun({ query }) ? { ...query, additionalProperties: false } : query;

const commonOf = ({ body, query, zoneIn, ...row }: Row<TSchema, TSchema>) => ({
  operationId: row.operationId,
  summary: row.summary,
  answers: row.answers,
  refusals: row.refusals,
  method: row.method,
  path: row.path,
  operator: row.operator,
  zoneIn: zoneIn ?? ('path' as const),
  rate: row.rate ?? null,
  stops: row.stops ?? false,
  schemas: { body: body ?? null, query: query ?? null },
  checkBody: checkOf(body ?? ANYTHING),
  checkQuery: checkOf(query ? asStrictAsItMustBe(query) : ANYTHING),
});

const repeated = ({ replayed, dryRun }: Outcome, answer: Answer): Answer =>
  replayed && !dryRun ? { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } } : answer;

const tagged = (answer: Answer, tag: string | null): Answer =>
  tag === null ? answer : { ...answer, etag: quoted(tag) };

const shown = <Found extends object>(
  { seq, answer }: Reply<Found>,
  show: (found: Found) => Answer | Refusal,
): Reply<Answer> => ({
  seq,
  answer: isRefusal(answer) ? answer : show(answer),
});
