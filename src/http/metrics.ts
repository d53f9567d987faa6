// `/metrics` for Prometheus, `/stats` for people and scripts, and the layer that times every request.
import type { Router } from '@koa/router';
import type { Middleware } from 'koa';
import type { SecretMatch } from '../auth/operator-token.ts';
import { readBearer } from '../auth/bearer.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { sendAnswer, sendRefusal, type RequestContext, type RequestState } from './context.ts';

export interface MetricsParts {
  readonly metrics: Metrics;
  readonly isOperator: SecretMatch;
  /** The operator token, or the bearer that was set for metrics. */
  readonly mayReadMetrics: SecretMatch;
}

const MS_PER_SECOND = 1000;

// The template, and never the path: what callers put into a path must not become a series.
export const meterRequests =
  (metrics: Metrics): Middleware<RequestState> =>
  async (context, next) => {
    const startedAt = performance.now();
    await next();
    const { _matchedRoute: template } = context as { readonly _matchedRoute?: string | RegExp };
    metrics.answered({
      route: typeof template === 'string' ? template : 'none',
      method: METHODS.has(context.method) ? context.method : 'other',
      status: context.res.headersSent ? context.res.statusCode : context.status,
      seconds: (performance.now() - startedAt) / MS_PER_SECOND,
      refusal: context.state.refusal,
    });
  };

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export const addMetricsRoutes = (router: Router<RequestState>, parts: MetricsParts): void => {
  const { metrics, isOperator, mayReadMetrics } = parts;
  router.get('/metrics', async (context) => {
    const refusal = refusedTo(context, (token) => mayReadMetrics(token));
    if (refusal) return sendRefusal(context, refusal);
    context.type = metrics.textType;
    context.body = await metrics.text();
  });
  router.get('/stats', async (context) => {
    const refusal = refusedTo(context, isOperator);
    if (refusal) return sendRefusal(context, refusal);
    return sendAnswer(context, { status: 200, body: await metrics.figures() });
  });
};

const refusedTo = (context: RequestContext, opens: SecretMatch): Refusal | null => {
  const token = readBearer(context.req.headers.authorization);
  if (typeof token !== 'string') return refuse(token.code, { details: { reason: token.reason } });
  return opens(token)
    ? null
    : refuse('invalid_token', { details: { reason: 'Figures are opened by the operator token.' } });
};
