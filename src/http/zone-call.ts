// One request about a zone, told in order: who asks, not too often, what for, is it well formed, do it, answer.
// Authentication comes before validation, validation before anything the zone decides.
import { namedIn, type Named } from '../audit.ts';
import { withinZone, type AuthRefusal } from '../auth/caller.ts';
import type { Ask } from '../zone/commands.ts';
import type { Ids } from '../ids.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { PATH_ID } from '../schemas/primitives.ts';
import type { Checked, Issue } from '../schemas/validation.ts';
import type { Zones } from '../zone/zones.ts';
import { idsIn } from './audit.ts';
import { authenticated, type Authentication } from './authentication.ts';
import type { ReadBody } from './body/body.ts';
import { readConditions } from './conditions.ts';
import { isCursor } from './cursor.ts';
import { sendInSlices, sendRefusal, type RequestContext } from './context.ts';
import { idempotencyKeyIn, readIdempotencyKey } from './idempotency-key.ts';
import type { Pace } from './json-slices.ts';
import type { CallerLimit } from './admission/rate-limits.ts';
import { hasCursor, takesBody } from './refusal-groups.ts';
import type { Asked, Route } from './route.ts';
import { traceZone } from './tracing.ts';
import { refuseUnknownMembers, refuseUnknownParameters } from './unknown-names.ts';

export interface Door extends Authentication {
  readonly zones: Zones;
  readonly ids: Ids;
  readonly readBody: ReadBody;
  /** The same for a request to stop something. */
  readonly readStopBody: ReadBody;
  readonly limitCaller: CallerLimit;
  /** Slices the JSON of large answers over turns of the event loop. */
  readonly pace: Pace;
}

type PathIds = Readonly<Partial<Record<'zoneId' | 'sessionId' | 'id', string>>>;

export const callZone = async (door: Door, route: Route, context: RequestContext, path: PathIds): Promise<void> => {
  const { state } = context;
  state.noted = { what: route.name, on: () => idsIn(path) };
  const entrance = { zone: path.zoneId ?? null, operator: route.operator !== false };
  const caller = await authenticated(door, context, entrance);
  if ('code' in caller) return sendRefusal(context, caller);
  const tooMany = await door.limitCaller(route, caller, context);
  if (tooMany !== null) return sendRefusal(context, tooMany);
  const { requestId, traceId, from } = state;
  const ask = { caller, requestId, traceId, from };
  if (route.operator === 'only' && caller.kind !== 'operator')
    return sendRefusal(context, (await notStanding(door, ask, path)) ?? refuse('operator_token_required'));
  const request = await understand(door, route, context, path);
  if ('code' in request) return sendRefusal(context, (await notStanding(door, ask, path)) ?? request);
  state.noted.on = () => ({ ...idsIn(path), zone: request.zone });
  const outside = withinZone(caller, request.zone);
  if ('code' in outside) return sendRefusal(context, refusalFor(outside));

  const zone = await door.zones.get(request.zone);
  const asked = { zone: request.zone, command: route.name };
  const { seq, answer, input } = await traceZone(state, asked, () => route.run(zone, request, ask));
  if (seq !== null) context.set('Coordinator-Seq', String(seq));
  if (!('code' in answer)) return sendInSlices(context, answer, door.pace);
  state.noted.on = () => ({ ...refusedOn(route, input), zone: request.zone });
  sendRefusal(context, answer);
};

/** What was not made has no id. */
const refusedOn = ({ creates }: Route, input: object): Named => {
  const { id, ...others } = namedIn(input);
  return creates || id === undefined ? others : { id, ...others };
};

// The zone asks this of every request that it is asked to decide. One that is not well formed never gets there, and who
// asks still comes first.
const notStanding = async ({ zones }: Door, ask: Ask, { zoneId }: PathIds): Promise<Refusal | null> => {
  if (ask.caller.kind === 'operator') return null;
  if (zoneId !== undefined && !PATH_ID.test(zoneId)) return null;
  const zone = await zones.get(ask.caller.zone);
  const { answer } = await zone.look({ type: 'caller.standing', input: {} }, ask);
  return 'code' in answer && answer.code === 'identity_revoked' ? answer : null;
};

const refusalFor = ({ code, reason }: AuthRefusal): Refusal => refuse(code, { details: { reason } });

interface Understood extends Asked {
  readonly zone: string;
}

const understand = async (
  door: Door,
  route: Route,
  context: RequestContext,
  path: PathIds,
): Promise<Understood | Refusal> => {
  if (Object.values(path).some((id) => !PATH_ID.test(id))) return refuse('invalid_params');
  const query = route.checkQuery(context.query);
  if ('issues' in query) return invalid('invalid_query', query.issues);
  const unknown = refuseUnknownParameters(context, route.schemas.query);
  if (unknown) return unknown;
  if (!hasUsableCursor(route, query.value)) return refuse('invalid_cursor');
  const inHeader = route.key === 'header' ? readIdempotencyKey(context.req) : null;
  if (isRefusal(inHeader)) return inHeader;
  const conditions = route.conditional ? readConditions(context.req) : null;
  if (conditions && 'code' in conditions) return conditions;
  const body = takesBody(route) ? await bodyOf(door, route, context) : { value: {} };
  if ('code' in body) return body;
  const key = route.key === 'body' ? idempotencyKeyIn(body.value) : inHeader;
  if (isRefusal(key)) return key;
  const [newId, otherId] = route.creates ? [door.ids.next(), door.ids.next()] : ['', ''];
  const { id = '', sessionId = '' } = path;
  const parts = { id, sessionId, newId, otherId, body: body.value, query: query.value };
  return { zone: zoneOf(route, path, body.value), parts, key, conditions };
};

const hasUsableCursor = (route: Route, query: unknown): boolean => {
  const { cursor } = query as { readonly cursor?: string };
  return cursor === undefined || !hasCursor(route) || isCursor(cursor, route.order);
};

/** Where a row says that the zone stands in the body, its schema demands it there. */
const zoneOf = ({ zoneIn }: Route, { zoneId }: PathIds, body: unknown): string =>
  zoneIn === 'body' ? (body as { readonly zone_id: string }).zone_id : (zoneId ?? '');

const isRefusal = (key: string | null | Refusal): key is Refusal => typeof key === 'object' && key !== null;

const bodyOf = async (door: Door, route: Route, context: RequestContext): Promise<{ value: unknown } | Refusal> => {
  const outcome = await (route.stops ? door.readStopBody : door.readBody)(context);
  if ('refusal' in outcome) return outcome.refusal;
  const unknown = refuseUnknownMembers(context, route.schemas.body, outcome.body);
  if (unknown) return unknown;
  const checked: Checked<unknown> = route.checkBody(outcome.body);
  return 'issues' in checked ? invalid('invalid_body', checked.issues) : checked;
};

const invalid = (code: 'invalid_body' | 'invalid_query', issues: readonly Issue[]) =>
  refuse(code, { details: { issues } });
