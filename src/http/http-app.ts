// The middleware, outermost first. Koa and its router are known in this folder only.
import { Router } from '@koa/router';
import Koa from 'koa';
import type { Logger } from 'pino';
import type { Readiness } from '../readiness.ts';
import { VERIFY_BODY_BYTES_MAX } from './limits.ts';
import { refuse } from '../refusals.ts';
import { verifyLimit } from './admission/verify-limit.ts';
import type { Verifier } from '../auth/verifier.ts';
import { auditRefusals } from './audit.ts';
import { createBodyReader } from './body/body.ts';
import { UrgentBodies } from './body/urgent-bodies.ts';
import { addEventsRoute, type EventsParts } from './events.ts';
import { sendRefusal, type RequestContext, type RequestState } from './context.ts';
import { GuessLimit } from './admission/guess-limit.ts';
import { addMetricsRoutes, meterRequests, type MetricsParts } from './metrics.ts';
import { addDocsPage } from './docs-page.ts';
import { addInspectorRoutes, type InspectorParts } from './inspector/inspector.ts';
import { addInspectorPage, type PageSettings } from './inspector/page.ts';
import { addInspectorSights } from './inspector/sights.ts';
import { openApiDocument } from './openapi/document.ts';
import { answerFaults, logRequests } from './outcome.ts';
import { addPublicRoutes, type PublicParts } from './public-routes.ts';
import { callerLimit, limitRequests, type RateSettings } from './admission/rate-limits.ts';
import { nameRequest } from './request-identity.ts';
import { RefusalSampler } from './refusal-sampler.ts';
import { routes } from './routes/routes.ts';
import { sendStored, storedAnswer } from './stored-answer.ts';
import { traceRequests } from './tracing.ts';
import type { Upgradable } from './connection/upgradable.ts';
import { addVerifyRoute, type VerifyParts } from './verify.ts';
import { callZone, type Door } from './zone-call.ts';

type RouteParts = Door & PublicParts & Omit<VerifyParts, 'inspect'> & EventsParts & MetricsParts & InspectorParts;

export interface HttpParts
  extends Omit<RouteParts, 'limitCaller' | 'guesses' | 'readBody' | 'readStopBody'>, PageSettings {
  readonly log: Logger;
  readonly bodyLimitBytes: number;
  readonly verifier: Verifier;
  readonly rates: RateSettings;
}

export const createHttpApp = (parts: HttpParts): Koa<RequestState> => {
  const router = createRouter(parts);
  const app = new Koa<RequestState>();
  const sampler = new RefusalSampler(parts.clock, (unlogged) =>
    parts.log.info(unlogged, 'refusals were counted and not logged one by one'),
  );
  app.silent = true;
  const layers = [
    nameRequest(parts.ids),
    traceRequests(),
    logRequests(parts.log),
    auditRefusals(parts.log, parts.rates.trustProxy, sampler),
    meterRequests(parts.metrics),
    answerFaults(parts.log, sampler),
    refuseWhileDraining(parts.readiness),
    refuseOverloaded,
    limitRequests(parts.rates, parts.authenticator),
    router.routes(),
    answerUnrouted(router),
  ];
  for (const layer of layers) app.use(layer as Koa.Middleware<RequestState>);
  return app;
};

const createRouter = (given: HttpParts): Router<RequestState> => {
  const parts = {
    ...given,
    guesses: new GuessLimit(given.rates.trustProxy),
    ...bodyReaders(given),
  };
  const router = new Router<RequestState>({ strict: true });
  addPublicRoutes(router, parts);
  addVerifyRoute(router, {
    ...parts,
    inspect: verifyLimit(parts.rates, parts.verifier),
    readBody: parts.readVerifyBody,
  });
  addEventsRoute(router, parts);
  const door = { ...parts, limitCaller: callerLimit(parts.rates) };
  addMetricsRoutes(router, parts);
  addInspectorRoutes(router, parts);
  addInspectorSights(router, parts);
  addInspectorPage(router, parts);
  addDocument(router, parts);
  addDocsPage(router);
  for (const route of routes) {
    router.register(route.path, [route.method], (context) => callZone(door, route, context, context.params));
  }
  return router;
};

const bodyReaders = ({ bodyLimitBytes, clock }: HttpParts) => {
  const urgent = new UrgentBodies(clock);
  const readBody = createBodyReader(bodyLimitBytes);
  const verifyBytes = Math.min(bodyLimitBytes, VERIFY_BODY_BYTES_MAX);
  return {
    readBody,
    readStopBody: urgent.reader(readBody, bodyLimitBytes),
    readVerifyBody: urgent.reader(createBodyReader(verifyBytes), verifyBytes),
  };
};

const addDocument = (router: Router<RequestState>, { jwks }: HttpParts): void => {
  const document = storedAnswer('application/json; charset=utf-8', JSON.stringify(openApiDocument(jwks !== null)));
  router.get('/openapi.json', (context) => sendStored(context as RequestContext, document));
};

const PROBES = new Set(['/health', '/ready']);

const refuseWhileDraining =
  (readiness: Readiness): Koa.Middleware<RequestState> =>
  (context, next) => {
    if (readiness.getSnapshot().context.phase !== 'draining') return next();
    if (PROBES.has(context.path)) return next();
    sendRefusal(context, refuse('draining', { retryAfterSeconds: 1 }));
    return Promise.resolve();
  };

const refuseOverloaded: Koa.Middleware<RequestState> = (context, next) => {
  const { refusal = null } = (context.req as Upgradable).admission ?? {};
  if (refusal === null) return next();
  sendRefusal(context, refusal);
  return Promise.resolve();
};

const answerUnrouted =
  (router: Router<RequestState>): Koa.Middleware<RequestState> =>
  (context) => {
    const methods = new Set(router.match(context.path, context.method).path.flatMap((layer) => layer.methods));
    if (methods.size === 0) return sendRefusal(context, refuse('not_found'));
    context.set('Allow', [...methods].toSorted().join(', '));
    return sendRefusal(context, refuse('method_not_allowed'));
  };
