// The constraints of a delegation, from what a caller sent to what an edge carries. Unlike every other object of the API
// they are strict: a constraint that is not understood cannot be kept, so it is refused rather than ignored.
import type { DelegationConstraints } from '../../../machines/delegation.ts';
import type { Instant } from '../../../machines/words.ts';
import { parseInstant } from '../../clock.ts';
import { refuse, type Refusal, type RefusalCode } from '../../refusals.ts';
import type { Data } from '../bodies.ts';

const RESOURCES_MAX = 64;
const HOPS_MAX = 10;
const TTL_SECONDS_MAX = 86_400;
const BUDGET_MAX = 1_024;
const REASON_LENGTH_MAX = 256;
const NAME_LENGTH_MAX = 255;
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const isWhole = (most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;

const isText = (most: number) => (value: unknown) =>
  typeof value === 'string' && value !== '' && Array.from(value).length <= most && !UNPRINTABLE.test(value);

const isList = (value: unknown) =>
  Array.isArray(value) && value.length <= RESOURCES_MAX && value.every(isText(NAME_LENGTH_MAX));

/** Every constraint there is: what it may be, and how it is refused. */
const rules: Readonly<Record<string, { readonly fits: (value: unknown) => boolean; readonly code: RefusalCode }>> = {
  resources: { fits: isList, code: 'invalid_resources' },
  max_depth: { fits: isWhole(HOPS_MAX), code: 'invalid_max_depth' },
  max_hops: { fits: isWhole(HOPS_MAX), code: 'invalid_max_hops' },
  ttl_seconds: { fits: isWhole(TTL_SECONDS_MAX), code: 'invalid_ttl_seconds' },
  budget: { fits: isWhole(BUDGET_MAX), code: 'invalid_budget' },
  policy_approved: { fits: (value) => typeof value === 'boolean', code: 'invalid_policy_approved' },
  expires_at: {
    fits: (value) => typeof value === 'string' && parseInstant(value) !== null,
    code: 'invalid_expires_at',
  },
  broad_reason: { fits: isText(REASON_LENGTH_MAX), code: 'invalid_broad_reason' },
};

export interface Constrained {
  readonly constraints: DelegationConstraints;
  readonly expiresAt: Instant | null;
}

/** Null stands for "not given", as it does in every other field. */
export const readConstraints = (given: unknown): Constrained | Refusal => {
  if (!isData(given)) return refuse('invalid_delegation_constraint', { details: { must_be: 'an object' } });
  const present = Object.entries(given).filter(([, value]) => value !== null);
  for (const [name, value] of present) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) return refuse('invalid_delegation_constraint', { details: { constraint: name } });
    if (!rule.fits(value)) return refuse(rule.code, { details: { constraint: name } });
  }
  const values: Values = Object.fromEntries(present);
  const { max_depth: depth, max_hops: hops, expires_at: expiresAt } = values;
  if (depth !== undefined && hops !== undefined && depth !== hops) {
    return refuse('invalid_max_hops', { details: { constraint: 'max_hops', must_equal: 'max_depth' } });
  }
  return {
    constraints: {
      resources: values.resources ?? null,
      maxHops: hops ?? depth ?? null,
      ttlSeconds: values.ttl_seconds ?? null,
      budget: values.budget ?? null,
      policyApproved: values.policy_approved ?? null,
      broadReason: values.broad_reason ?? null,
    },
    expiresAt: expiresAt === undefined ? null : parseInstant(expiresAt),
  };
};

const isData = (given: unknown): given is Data => typeof given === 'object' && given !== null && !Array.isArray(given);

/** What the rules above have let through. */
interface Values {
  readonly resources?: readonly string[];
  readonly max_depth?: number;
  readonly max_hops?: number;
  readonly ttl_seconds?: number;
  readonly budget?: number;
  readonly policy_approved?: boolean;
  readonly expires_at?: string;
  readonly broad_reason?: string;
}
