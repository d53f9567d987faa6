// How invocations look on the wire. A list shows nothing that a caller or a worker wrote freely.
import { isoInstant } from '../../clock.ts';
import { attemptEndedAt, invocationStatusOf, topLevelOf } from '../../zone/status-words.ts';
import type { InvocationSight, InvocationView } from '../../zone/reading/views.ts';
import { instantOrNull } from './instants.ts';

export const invocationRow = (zone: string, { record: { id, state, context } }: InvocationSight) => ({
  id,
  zone_id: zone,
  service_id: context.serviceId,
  source_session_id: context.sourceSessionId,
  target_session_id: context.targetSessionId,
  idempotency_key: context.idempotencyKey,
  method: context.method,
  state: topLevelOf(state),
  status: invocationStatusOf({ state }),
  attempts: context.attempts,
  max_attempts: context.attemptsMax,
  timeout_ms: context.timeoutMs,
  retry_policy_json: { max_attempts: context.attemptsMax, backoff_ms: context.backoffMs },
  next_attempt_at: instantOrNull(context.nextAttemptAt),
  deadline_at: instantOrNull(context.deadlineAt),
  cancel_requested_at: instantOrNull(context.cancelRequestedAt),
  started_at: instantOrNull(context.startedAt),
  completed_at: instantOrNull(attemptEndedAt(context)),
  created_at: isoInstant(context.createdAt),
});

export const invocationView = (zone: string, view: InvocationView) =>
  Object.assign(invocationRow(zone, view), {
    params_json: view.params,
    metadata_json: view.metadata,
    error_json: view.error,
  });
