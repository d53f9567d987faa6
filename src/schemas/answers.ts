// What answers are made of. An answer's schema has a title, which is its name in the document, and one example; nothing
// checks an answer against it while the coordinator runs, tests do.
import { Type, type TObject, type TProperties, type TSchema } from 'typebox';
import { IDS_NAMED_MAX } from '../limits.ts';
import { EXAMPLE } from './examples.ts';

/** A schema with a name of its own and an example of what it describes. */
type Titled<Example> = TSchema & { readonly title: string; readonly examples: readonly [Example, ...Example[]] };
export type AnswerSchema = Titled<object>;

/** Of an answer that is not JSON. */
export type TextSchema = Titled<string>;

/** What is answered when all went well, by status; null where there is no content. */
export type Answers = Readonly<Record<number, AnswerSchema | TextSchema | null>>;

/** `others` is the schema of all members that `fields` does not name. */
export const answer = <Fields extends TProperties>(
  title: string,
  fields: Fields,
  example: object,
  others?: TSchema,
): TObject<Fields> & AnswerSchema =>
  Object.assign(Type.Object(fields, { title, ...(others && { additionalProperties: others }) }), {
    title,
    examples: [example] as const,
  });

/** One page of a list. */
export const listOf = (item: AnswerSchema): AnswerSchema =>
  answer(
    `${item.title}Page`,
    { items: Type.Array(item), next_cursor: orNothing(Text) },
    { items: [item.examples[0]], next_cursor: null },
  );

export const Text = Type.String();
export const Texts = Type.Array(Text);
export const Count = Type.Integer({ minimum: 0 });
export const Flag = Type.Boolean();
export const At = Type.Unsafe<string>({ type: 'string', format: 'date-time' });
/** Any JSON value. */
export const Json = Type.Unknown();
export const Data = Type.Unsafe<object>({ type: 'object' });

/** The same, or null. */
export const orNothing = (schema: TSchema & { readonly type?: string }) =>
  typeof schema.type === 'string' && !('title' in schema)
    ? Type.Unsafe<unknown>({ ...schema, type: [schema.type, 'null'] })
    : Type.Union([schema, Type.Null()]);

export const True = Type.Literal(true);
export const False = Type.Literal(false);

/** Ids that a dry run or an event names; there may be more. */
export const Named = Type.Array(Text, { maxItems: IDS_NAMED_MAX });

/** One entry of a history. */
const HistoryEntry = answer(
  'HistoryEntry',
  {
    seq: Count,
    at: At,
    event: Text,
    agent_session_id: Type.Optional(Text),
    service_id: Type.Optional(Text),
    invocation_id: Type.Optional(Text),
    reason: orNothing(Text),
    affected: Count,
    by: orNothing(
      Type.Object(
        { client_id: orNothing(Text), subject: Text, request_id: Text, trace_id: orNothing(Text) },
        { title: 'Author' },
      ),
    ),
  },
  {
    seq: 3,
    at: EXAMPLE.at,
    event: 'session.suspended',
    agent_session_id: EXAMPLE.session,
    reason: 'requested',
    affected: 2,
    by: { client_id: EXAMPLE.application, subject: 'tester', request_id: EXAMPLE.requestId, trace_id: null },
  },
);

export const HistoryPage = listOf(HistoryEntry);
