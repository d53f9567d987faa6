// The routes that anybody may call: is the process alive, is it ready, and the public keys of the own issuer.
import type { Router } from '@koa/router';
import type { UnusableKey } from '../auth/unusable-keys.ts';
import { isoInstant } from '../clock.ts';
import { Type } from 'typebox';
import type { Condition, JournalEngine } from '../journal/journal.ts';
import type { Readiness } from '../readiness.ts';
import { refuse } from '../refusals.ts';
import { PATH_ID } from '../schemas/primitives.ts';
import type { ProcessTime } from '../time/process-time.ts';
import type { Zones } from '../zone/zones.ts';
import { sendAnswer, sendRefusal, type RequestContext, type RequestState } from './context.ts';
import type { Answer } from './route.ts';
import { refuseUnknownParameters } from './unknown-names.ts';

const KeysQuery = Type.Object({ zone_id: Type.Optional(Type.String()) });

export interface PublicParts {
  readonly readiness: Readiness;
  readonly journal: JournalEngine;
  readonly zones: Zones;
  readonly clock: ProcessTime;
  /** Public keys (RFC 7517) of one zone or of all; absent where somebody else issues the tokens. */
  readonly jwks: ((zone?: string) => Promise<object>) | null;
  /** Key files of the own issuer that cannot be used; empty with an external issuer. */
  readonly unusableKeys: () => readonly UnusableKey[];
}

export const addPublicRoutes = (router: Router<RequestState>, parts: PublicParts): void => {
  router.get('/health', (context) => sendAnswer(context as RequestContext, { status: 200, body: { ok: true } }));
  router.get('/ready', (context) => sendAnswer(context as RequestContext, readiness(parts)));
  const { jwks } = parts;
  if (jwks) router.get('/.well-known/jwks.json', (context) => sendKeys(context as RequestContext, jwks));
};

// A damaged zone or key is shown here and does not make the process unready: the other zones are served.
const readiness = ({ readiness: store, journal, zones, clock, unusableKeys }: PublicParts): Answer => {
  const { phase } = store.getSnapshot().context;
  if (phase === 'draining') return { status: 503, body: { ok: false, draining: true } };
  if (phase === 'recovering') return notReady('recovering', 'journal');
  const health = journal.health();
  if (!health.ok) return notReady(health.reason, 'journal', readOnlyOf(journal.condition()));
  const body = {
    ok: true,
    zones_awake: zones.awake,
    zones_faulted: zones.faulted(),
    keys_unusable: unusableKeys(),
    zones_damaged: zones.damage.zones(),
    scrub: scrubState(zones.scrub.figures),
    clock: clockState(clock),
  };
  return { status: 200, body };
};

// A clock step does not make the process unready: it serves, and authority ends by the later clock.
const clockState = (clock: ProcessTime): object => {
  const dispute = clock.dispute();
  if (dispute === null) return { state: 'agreed' };
  const since = isoInstant(dispute.since);
  return { state: 'disputed', wall_ahead_ms: dispute.aheadMs, disputed_since: since };
};

const scrubState = ({ bytes, zones, passes, completedAt }: Zones['scrub']['figures']): object => ({
  bytes_read: bytes,
  zones_checked: zones,
  passes,
  completed_at: completedAt === null ? null : isoInstant(completedAt),
});

const notReady = (error: string, dependency: string, more: object = {}): Answer => ({
  status: 503,
  body: { ok: false, error, dependency, ...more },
});

/** Says that reads are served, and which changes are. Empty unless the journal is read-only. */
const readOnlyOf = ({ access, cause }: Condition): object =>
  access === 'lessening' || access === 'reads'
    ? { read_only: { reason: cause, takes: access === 'lessening' ? 'lessening' : 'nothing' } }
    : {};

const sendKeys = async (context: RequestContext, jwks: NonNullable<PublicParts['jwks']>): Promise<void> => {
  const unknown = refuseUnknownParameters(context, KeysQuery);
  if (unknown) return sendRefusal(context, unknown);
  const { zone_id: zone } = context.query;
  if (zone !== undefined && (typeof zone !== 'string' || !PATH_ID.test(zone))) {
    return sendRefusal(
      context,
      refuse('invalid_query', { details: { issues: [{ path: ['zone_id'], message: 'must be one zone id' }] } }),
    );
  }
  return sendAnswer(context, { status: 200, body: await jwks(zone) });
};
