// What the inspector's page asks for beside the stream: which zones there are, and the way an actor took. The operator's only.
import type { Router } from '@koa/router';
import type { SecretMatch } from '../../auth/operator-token.ts';
import { isoInstant } from '../../clock.ts';
import { pathOf, type Step } from '../../inspect/path.ts';
import { INSPECTOR_PATH_ENTRIES_MAX, INSPECTOR_PATH_STEPS_MAX, INSPECTOR_ZONES_MAX } from '../../limits.ts';
import { refuse } from '../../refusals.ts';
import { PathQuery } from '../../schemas/inspector.ts';
import { checkOf } from '../../schemas/validation.ts';
import { isRefusal } from '../../zone/commands.ts';
import type { Zones } from '../../zone/zones.ts';
import { sendAnswer, sendRefusal, type RequestContext, type RequestState } from '../context.ts';
import type { GuessLimit } from '../admission/guess-limit.ts';
import { OPERATOR_REASON, refusedTo } from '../operator-only.ts';
import { refuseUnknownParameters } from '../unknown-names.ts';

interface SightParts {
  readonly zones: Zones;
  readonly isOperator: SecretMatch;
  readonly guesses: GuessLimit;
}

const check = checkOf(PathQuery);

export const addInspectorSights = (router: Router<RequestState>, parts: SightParts): void => {
  router.get('/inspector/zones', (context) => showZones(parts, context as RequestContext));
  router.get('/inspector/path', (context) => showPath(parts, context as RequestContext));
};

const showZones = async ({ zones, isOperator: opens, guesses }: SightParts, context: RequestContext): Promise<void> => {
  const refusal = await refusedTo(context, { opens, reason: OPERATOR_REASON, guesses });
  if (refusal) return sendRefusal(context, refusal);
  const { zones: items, isMore } = await zones.seen(INSPECTOR_ZONES_MAX);
  sendAnswer(context, { status: 200, body: { items, next_cursor: isMore ? (items.at(-1)?.zone ?? null) : null } });
};

const showPath = async ({ zones, isOperator: opens, guesses }: SightParts, context: RequestContext): Promise<void> => {
  const refusal = await refusedTo(context, { opens, reason: OPERATOR_REASON, guesses });
  if (refusal) return sendRefusal(context, refusal);
  const query = check(context.query);
  if ('issues' in query) return sendRefusal(context, refuse('invalid_query', { details: { issues: query.issues } }));
  const unknown = refuseUnknownParameters(context, PathQuery);
  if (unknown) return sendRefusal(context, unknown);
  const { zone, kind, id } = query.value;
  const { requestId, traceId } = context.state;
  const ask = { caller: { kind: 'operator' as const }, requestId, traceId };
  const input = { kind, id, most: INSPECTOR_PATH_ENTRIES_MAX };
  const { answer: history } = await (await zones.get(zone)).look({ type: 'actor.path', input }, ask);
  if (isRefusal(history)) return sendRefusal(context, history);
  const steps = pathOf({ kind, id, ...history });
  const shown = steps.slice(-INSPECTOR_PATH_STEPS_MAX);
  const complete = history.isWhole && shown.length === steps.length;
  const body = { steps: shown.map(stepView), complete, reaches_now: history.isWhole };
  sendAnswer(context, { status: 200, body });
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
