// `/metrics` for Prometheus, `/stats` for people and scripts, and the layer that times every request.
import type { Router } from '@koa/router';
import type { Middleware } from 'koa';
import type { SecretMatch } from '../auth/operator-token.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { sendAnswer, sendRefusal, type RequestState } from './context.ts';
import type { GuessLimit } from './admission/guess-limit.ts';
import { templateOfRoute } from './matched-route.ts';
import { OPERATOR_REASON, refusedTo } from './operator-only.ts';
import { METHODS } from './methods.ts';

export interface MetricsParts {
  readonly metrics: Metrics;
  readonly isOperator: SecretMatch;
  /** The operator token, or the bearer that was set for metrics. */
  readonly mayReadMetrics: SecretMatch;
  readonly guesses: GuessLimit;
}

const MS_PER_SECOND = 1000;
const METRICS_REASON = 'This route requires METRICS_BEARER, or the operator token if METRICS_BEARER is not set.';

export const meterRequests =
  (metrics: Metrics): Middleware<RequestState> =>
  async (context, next) => {
    const startedAt = performance.now();
    await next();
    metrics.answered({
      route: templateOfRoute(context) ?? 'none',
      method: METHODS.has(context.method) ? context.method : 'other',
      status: context.res.headersSent ? context.res.statusCode : context.status,
      seconds: (performance.now() - startedAt) / MS_PER_SECOND,
      refusal: context.state.refusal,
    });
  };

export const addMetricsRoutes = (router: Router<RequestState>, parts: MetricsParts): void => {
  const { metrics, isOperator, mayReadMetrics, guesses } = parts;
  router.get('/metrics', async (context) => {
    const refusal = await refusedTo(context, { opens: mayReadMetrics, reason: METRICS_REASON, guesses });
    if (refusal) return sendRefusal(context, refusal);
    context.type = metrics.textType;
    context.body = await metrics.text();
  });
  router.get('/stats', async (context) => {
    const refusal = await refusedTo(context, { opens: isOperator, reason: OPERATOR_REASON, guesses });
    if (refusal) return sendRefusal(context, refusal);
    return sendAnswer(context, { status: 200, body: await metrics.figures() });
  });
};
