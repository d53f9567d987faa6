// `POST /v1/verify`: how a resource server asks whether a token is good right now. The signature says who issued it and what
// for; whether the session and the delegation it names are active at this moment only the zone knows, so a suspension or a
// revocation shows here at once. Anybody may ask.
import type { Router } from '@koa/router';
import type { AuthRefusal } from '../auth/caller.ts';
import type { Inspection } from '../auth/verifier.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { VerifyBody } from '../schemas/lifecycle.ts';
import { unknownMembers } from '../schemas/unknown-members.ts';
import { checkOf } from '../schemas/validation.ts';
import type { Liveness } from '../zone/liveness.ts';
import type { Zones } from '../zone/zones.ts';
import type { Static } from 'typebox';
import type { ReadBody } from './body/body.ts';
import { IGNORED_NAME_LENGTH_MAX, IGNORED_NAMES_MAX } from './limits.ts';
import { sendAnswer, sendRefusal, type RequestContext, type RequestState } from './context.ts';
import type { LimitedInspection } from './admission/verify-limit.ts';
import { unusableClaims } from './verify-claims.ts';
import { VERIFY_PATH } from './verify-path.ts';
import { claimsView } from './views/claims.ts';

export interface VerifyParts {
  readonly zones: Zones;
  readonly inspect: LimitedInspection;
  readonly readBody: ReadBody;
}

type Asked = Static<typeof VerifyBody>;

const check = checkOf(VerifyBody);

export const addVerifyRoute = (router: Router<RequestState>, parts: VerifyParts): void => {
  router.post(VERIFY_PATH, (context) => verify(parts, context as RequestContext));
};

const verify = async (parts: VerifyParts, context: RequestContext): Promise<void> => {
  context.state.noted = { what: 'token.verify' };
  const asked = await askedIn(parts, context).catch(async (error: unknown) => {
    await parts.inspect(NO_TOKEN, context);
    throw error;
  });
  const token = 'value' in asked ? tokenOf(asked.value) : NO_TOKEN;
  const inspection = await parts.inspect(token, context);
  if ('code' in inspection && inspection.code === 'rate_limited') return sendRefusal(context, inspection);
  if ('refusal' in asked) return sendRefusal(context, asked.refusal);
  if ('unknown' in asked) return sendUnknown(context, asked.unknown);
  if (token === NO_TOKEN) return sendAnswer(context, { status: 400, body: { valid: false, error: 'missing_token' } });
  if ('code' in inspection)
    return sendInvalid(context, inspection.code, {
      retryAfterSeconds: inspection.retryAfterSeconds,
      ...reasonIn(inspection),
    });
  context.state.noted.caller = inspection.caller;
  const unusable = unusableClaims(inspection.claims);
  if (unusable !== null) return sendInvalid(context, unusable.reason, unusable);
  const lacking = lackingIn(inspection, asked.value);
  if (lacking !== null) return sendInvalid(context, lacking);
  return answerLive(parts, context, inspection);
};

/** Counted like an unproven token. */
const NO_TOKEN = '';

type AskedOutcome = { readonly value: Asked } | { readonly refusal: Refusal } | { readonly unknown: readonly string[] };

const askedIn = async ({ readBody }: VerifyParts, context: RequestContext): Promise<AskedOutcome> => {
  const outcome = await readBody(context);
  if ('refusal' in outcome) return outcome;
  const unknown = unknownMembers(VerifyBody, outcome.body, IGNORED_NAMES_MAX).flat();
  if (unknown.length > 0) return { unknown };
  const asked = check(outcome.body);
  if ('issues' in asked) return { refusal: refuse('invalid_body', { details: { issues: asked.issues } }) };
  return asked;
};

const answerLive = async ({ zones }: VerifyParts, context: RequestContext, inspection: Inspection): Promise<void> => {
  const { caller } = inspection;
  const { agentSessionId, delegationEdgeId } = caller;
  const zone = await zones.get(caller.zone);
  const { requestId, traceId, from } = context.state;
  const input = { agentSessionId, delegationEdgeId };
  const { seq, answer } = await zone.look({ type: 'token.liveness', input }, { caller, requestId, traceId, from });
  if (seq !== null) context.set('Coordinator-Seq', String(seq));
  // Where the zone cannot say, nobody is told that a token is good.
  if ('code' in answer) {
    return answer.code === 'identity_revoked' ? sendInvalid(context, answer.code) : sendRefusal(context, answer);
  }
  const { reason }: Liveness = answer;
  if (reason !== null) return sendInvalid(context, reason);
  sendAnswer(context, { status: 200, body: { valid: true, claims: claimsView(inspection.claims) } });
};

/** The sentence that says which check failed. */
const reasonIn = (refusal: AuthRefusal | Refusal): InvalidDetails =>
  'reason' in refusal ? { details: { reason: refusal.reason } } : {};

interface InvalidDetails {
  readonly details?: object;
  readonly retryAfterSeconds?: number | undefined;
}

const sendInvalid = (
  context: RequestContext,
  reason: string,
  { details, retryAfterSeconds }: InvalidDetails = {},
): void => {
  context.state.noted.code = reason;
  const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
  const body = { valid: false, error: 'token_invalid', reason, ...(details && { details }) };
  sendAnswer(context, { status: 401, body, headers });
};

// A misspelt check must not be skipped, so this route refuses unknown members, which other routes ignore.
const sendUnknown = (context: RequestContext, unknown: readonly string[]): void => {
  const named = unknown.map((name) => name.slice(0, IGNORED_NAME_LENGTH_MAX));
  const issues = named.map((name) => ({ path: [name], message: 'is not a member of this body' }));
  sendAnswer(context, { status: 400, body: { valid: false, error: 'invalid_request', details: { issues } } });
};

const BEARER = /^bearer +/i;

const tokenOf = ({ token, authorization }: Asked): string =>
  (token ?? authorization?.replace(BEARER, '') ?? NO_TOKEN).trim();

/** What the token would need for this question and does not have; null where nothing is lacking. */
const lackingIn = ({ caller }: Inspection, asked: Asked): string | null => {
  if ((asked.zone_id ?? caller.zone) !== caller.zone) return 'zone_mismatch';
  const { required_scope: scope } = asked;
  if (typeof scope === 'string' && !caller.scopes.has(scope)) return 'missing_scope';
  if (caller.agentSessionId === null) {
    if (asked.require_agent === true) return 'agent_required';
    // Only clients of 1.0 send it, so it has its own word.
    if (asked.require_session === true) return 'session_required';
  }
  return asked.require_delegation === true && caller.delegationEdgeId === null ? 'delegation_required' : null;
};
