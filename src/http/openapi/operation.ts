// What the document says about one route, whether it is a row about a zone or one that anybody may call.
import type { TSchema } from 'typebox';
import type { RefusalCode } from '../../refusals.ts';
import type { Answers } from '../../schemas/answers.ts';
import { refusalsOf } from '../refusal-groups.ts';
import type { Method, Route } from '../route.ts';
import type { OwnHeader } from './parameters.ts';

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly method: Method;
  /** With `:name` for what differs. */
  readonly path: string;
  /** Whose tokens open it; none where anybody may call. */
  readonly callers: readonly ('bearer' | 'operator')[];
  readonly body: TSchema | null;
  readonly query: TSchema | null;
  /** Headers it takes beside those that every operation does. */
  readonly headers: readonly OwnHeader[];
  /** What it answers with when all went well: JSON, text, or a stream that has no end of its own. */
  readonly media: 'application/json' | 'text/plain' | 'text/event-stream';
  /** Whether what it answers has an entity tag. */
  readonly tagged: boolean;
  readonly answers: Answers;
  readonly refusals: readonly RefusalCode[];
  /** Whether answers say which entry of a zone's journal they reflect. */
  readonly ofZone: boolean;
}

export const operationOf = (route: Route): Operation => ({
  operationId: route.operationId,
  summary: route.summary,
  method: route.method,
  path: route.path,
  callers: callersOf(route),
  body: route.schemas.body,
  query: route.schemas.query,
  headers: headersOf(route),
  media: 'application/json',
  tagged: route.tagged,
  answers: route.answers,
  refusals: refusalsOf(route),
  ofZone: true,
});

/** A look at what whoever asks may have already. */
export const mayBeUnmodified = ({ method, tagged }: Operation): boolean => method === 'GET' && tagged;

const headersOf = ({ key, method, tagged, conditional }: Route): OwnHeader[] => [
  'Prefer',
  ...(key === 'header' ? (['IdempotencyKey'] as const) : []),
  ...(conditional ? (['IfMatch'] as const) : []),
  ...(conditional || (method === 'GET' && tagged) ? (['IfNoneMatch'] as const) : []),
];

const callersOf = ({ operator }: Route): Operation['callers'] => {
  if (operator === 'only') return ['operator'];
  return operator ? ['bearer', 'operator'] : ['bearer'];
};
