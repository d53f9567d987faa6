// What the inspector's page asks for beside the stream: which zones there are, and the way an actor took. The operator's only.
import type { Router } from '@koa/router';
import type { SecretMatch } from '../auth/operator-token.ts';
import { isoInstant } from '../clock.ts';
import { pathOf, type PathKind, type Step } from '../inspect/path.ts';
import {
  INSPECTOR_PATH_ENTRIES_MAX,
  INSPECTOR_PATH_STEPS_MAX,
  INSPECTOR_ZONES_MAX,
  LIST_LIMIT_MAX,
} from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { PathQuery } from '../schemas/inspector.ts';
import { checkOf } from '../schemas/validation.ts';
import { isRefusal, type Ask } from '../zone/commands.ts';
import type { ZoneEntry } from '../zone/events.ts';
import type { Zone } from '../zone/zone.ts';
import type { Zones } from '../zone/zones.ts';
import { sendAnswer, sendRefusal, type RequestContext, type RequestState } from './context.ts';
import type { GuessLimit } from './guess-limit.ts';
import { refusedTo } from './operator-only.ts';

interface SightParts {
  readonly zones: Zones;
  readonly isOperator: SecretMatch;
  readonly guesses: GuessLimit;
}

const WHAT = 'Zones and actors';
const check = checkOf(PathQuery);

export const addInspectorSights = (router: Router<RequestState>, parts: SightParts): void => {
  router.get('/inspector/zones', (context) => showZones(parts, context as RequestContext));
  router.get('/inspector/path', (context) => showPath(parts, context as RequestContext));
};

const showZones = async ({ zones, isOperator: opens, guesses }: SightParts, context: RequestContext): Promise<void> => {
  const refusal = await refusedTo(context, { opens, what: WHAT, guesses });
  if (refusal) return sendRefusal(context, refusal);
  const { zones: items, isMore } = await zones.seen(INSPECTOR_ZONES_MAX);
  sendAnswer(context, { status: 200, body: { items, next_cursor: isMore ? (items.at(-1)?.zone ?? null) : null } });
};

const showPath = async ({ zones, isOperator: opens, guesses }: SightParts, context: RequestContext): Promise<void> => {
  const refusal = await refusedTo(context, { opens, what: WHAT, guesses });
  if (refusal) return sendRefusal(context, refusal);
  const query = check(context.query);
  if ('issues' in query) return sendRefusal(context, refuse('invalid_query', { details: { issues: query.issues } }));
  const { zone, kind, id } = query.value;
  const { requestId, traceId } = context.state;
  const ask = { caller: { kind: 'operator' as const }, requestId, traceId };
  const history = await historyOf(await zones.get(zone), { kind, id }, ask);
  if (isRefusal(history)) return sendRefusal(context, history);
  const steps = pathOf({ kind, id, ...history });
  const shown = steps.slice(-INSPECTOR_PATH_STEPS_MAX);
  const complete = history.isWhole && shown.length === steps.length;
  const body = { steps: shown.map(stepView), complete, reaches_now: history.isWhole };
  sendAnswer(context, { status: 200, body });
};

interface History {
  readonly entries: readonly ZoneEntry[];
  readonly isWhole: boolean;
  readonly terminationReason: string | null;
}

const historyOf = async (
  zone: Zone,
  { kind, id }: { readonly kind: PathKind; readonly id: string },
  ask: Ask,
): Promise<History | Refusal> => {
  const entries: ZoneEntry[] = [];
  let cursor: string | null = null;
  while (entries.length < INSPECTOR_PATH_ENTRIES_MAX) {
    const input: { id: string; limit: number; cursor: string | null } = { id, limit: LIST_LIMIT_MAX, cursor };
    const { answer } = await zone.look({ type: `${kind}.history`, input }, ask);
    if (isRefusal(answer)) return answer;
    entries.push(...answer.items);
    cursor = answer.nextCursor;
    if (cursor === null) break;
  }
  if (kind !== 'session') return { entries, isWhole: cursor === null, terminationReason: null };
  // Read after the entries: a session that they end has its reason by then.
  const { answer } = await zone.look({ type: 'session.get', input: { id } }, ask);
  if (isRefusal(answer)) return answer;
  return { entries, isWhole: cursor === null, terminationReason: answer.record.context.terminationReason };
};

const stepView = ({ entry, event, from, state }: Step) => ({
  seq: entry.seq,
  at: isoInstant(entry.at),
  entry: entry.event.type,
  event,
  from,
  state,
  by: entry.by && { client_id: entry.by.clientId, subject: entry.by.subject },
});
