// Whether a resource server can rely on the claims of a token: `/v1/verify` refuses a token that lacks claims which the
// verifiers of the Caracal family require, or that has claims of another shape. As bearers, such tokens are accepted.
import { isDelegationChain, isText } from './views/delegation-chain.ts';

type Claims = Readonly<Record<string, unknown>>;

const REQUIRED = ['sid', 'root_sid', 'use', 'sub_type'] as const;

const isString = (value: unknown): boolean => typeof value === 'string';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isTextOrTexts = (value: unknown): boolean => isText(value) || isTexts(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * The shapes of optional claims that answers show. A claim that cannot be read is not left out: it may narrow the
 * token.
 */
const SHAPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  scope: isString,
  jti: isText,
  target: isTextOrTexts,
  target_resources: isTextOrTexts,
  source_session_id: isText,
  target_session_id: isText,
  delegation_path: isTexts,
  delegation_chain: isDelegationChain,
  graph_epoch: isCount,
  delegation_graph_epoch: isCount,
  hop_count: isCount,
};

export interface Unusable {
  readonly reason: 'missing_claims' | 'malformed_claims';
  /** Names the claims. */
  readonly details: object;
}

/**
 * Results of earlier checks. The claims of a cached proof are one object, which never changes. An entry lives as long as
 * its claims, so `cachedTokensMax`, the limit of the token cache, also limits the entries.
 */
const judged = new WeakMap<Claims, Unusable | null>();

/** Returns null if all claims can be used. Null counts as absent. */
export const unusableClaims = (claims: Claims): Unusable | null => {
  const known = judged.get(claims);
  if (known !== undefined) return known;
  const unusable = judge(claims);
  judged.set(claims, unusable);
  return unusable;
};

const judge = (claims: Claims): Unusable | null => {
  const missing = REQUIRED.filter((name) => !isText(claims[name]));
  if (missing.length > 0) return { reason: 'missing_claims', details: { missing } };
  const malformed = Object.entries(SHAPES).filter(
    ([name, fits]) => (claims[name] ?? null) !== null && !fits(claims[name]),
  );
  if (malformed.length === 0) return null;
  return { reason: 'malformed_claims', details: { malformed: malformed.map(([name]) => name) } };
};
