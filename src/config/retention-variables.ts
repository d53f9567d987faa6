// Configuration of how long records are kept, and how long the clocks must agree before records are deleted.
import { positiveNumber, wholeNumber } from './parsers.ts';
import type { Variable } from './variable.ts';

export interface RetentionConfig {
  readonly sessionRetentionDays: number;
  readonly delegationRetentionDays: number;
  readonly invocationRetentionDays: number;
  readonly idempotencyRetentionSeconds: number;
  readonly clockSteadySeconds: number;
}

const DAYS_MAX = 36_500;
const days = positiveNumber(DAYS_MAX);

export const retentionVariables: { readonly [Field in keyof RetentionConfig]: Variable<RetentionConfig[Field]> } = {
  sessionRetentionDays: {
    name: 'SESSION_RETENTION_DAYS',
    parser: days,
    fallback: 90,
    meaning: 'How long an ended session stays readable.',
    unit: 'days',
  },
  delegationRetentionDays: {
    name: 'DELEGATION_RETENTION_DAYS',
    parser: days,
    fallback: 90,
    meaning: 'How long a delegation edge that has lapsed stays readable.',
    unit: 'days',
  },
  invocationRetentionDays: {
    name: 'INVOCATION_RETENTION_DAYS',
    parser: days,
    fallback: 90,
    meaning: 'How long an ended invocation stays readable.',
    unit: 'days',
  },
  idempotencyRetentionSeconds: {
    name: 'IDEMPOTENCY_RETENTION_SECONDS',
    parser: positiveNumber(31_536_000),
    fallback: 604_800,
    meaning: 'How long an idempotency key is remembered; after that it counts as unused.',
    unit: 'seconds',
  },
  clockSteadySeconds: {
    name: 'CLOCK_STEADY_SECONDS',
    parser: wholeNumber(0, 31_536_000),
    fallback: 3600,
    meaning:
      'How long wall clock and monotonic clock must have agreed before records are deleted because of their age.',
    unit: 'seconds',
  },
};
