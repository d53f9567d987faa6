// How much an edge grants, as a lattice: one row per dimension, each with the one comparison that says whether a child
// grants more than its parent. The check and the explanation of a refusal are the same walk over these rows.
import type { DelegationFacts } from '../../machines/delegation.ts';

/** What of an edge counts as authority. */
export type Grant = Pick<DelegationFacts, 'scopes' | 'expiresAt' | 'resourceId' | 'resources' | 'constraints'>;

/** How many edges may stand in a row from this one on, itself included. */
export const hopsOf = ({ constraints }: Grant): number => constraints.maxHops ?? 1;

export const budgetOf = ({ scopes, constraints }: Grant): number => constraints.budget ?? scopes.length;

const isWithin = (child: readonly string[], parent: readonly string[]): boolean => {
  const allowed = new Set(parent);
  return child.every((each) => allowed.has(each));
};

const exceeds = {
  scopes: (child, parent) => !isWithin(child.scopes, parent.scopes),
  expires_at: (child, parent) => child.expiresAt > parent.expiresAt,
  resources: ({ resources: own }, { resources: allowed }) =>
    allowed !== null && (own === null || !isWithin(own, allowed)),
  max_hops: (child, parent) => hopsOf(child) > hopsOf(parent) - 1,
  ttl_seconds: (child, parent) => {
    const [own, allowed] = [child.constraints.ttlSeconds, parent.constraints.ttlSeconds];
    return allowed !== null && (own === null || own > allowed);
  },
  budget: (child, parent) => budgetOf(child) > budgetOf(parent),
} as const satisfies Record<string, (child: Grant, parent: Grant) => boolean>;

export type Dimension = keyof typeof exceeds;

/** The dimensions in which a child would grant more than its parent; none when it narrows. */
export const exceededBy = (child: Grant, parent: Grant): Dimension[] =>
  (Object.keys(exceeds) as Dimension[]).filter((dimension) => exceeds[dimension](child, parent));

/** What a session may do by all the edges it holds together. */
export interface EffectiveAuthority {
  /** What every one of them grants, sorted. */
  readonly scopes: readonly string[];
  /** Null where none of them names a resource. */
  readonly resources: readonly string[] | null;
  readonly resourceIds: readonly string[];
  readonly maxHops: number;
  readonly ttlSeconds: number | null;
  readonly expiresAt: number | null;
}

export const effectiveOf = (grants: readonly Grant[]): EffectiveAuthority => ({
  scopes: meet(grants.map(({ scopes }) => scopes)) ?? [],
  resources: meet(grants.map(({ resources }) => resources).filter((each) => each !== null)),
  resourceIds: sorted(grants.map(({ resourceId }) => resourceId).filter((id) => id !== null)),
  maxHops: least(grants.map(hopsOf)) ?? 0,
  ttlSeconds: least(grants.map(({ constraints }) => constraints.ttlSeconds).filter((each) => each !== null)),
  expiresAt: least(grants.map(({ expiresAt }) => expiresAt)),
});

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1));

/** What all of the sets have in common, sorted; null for no sets at all. */
const meet = ([first, ...others]: readonly (readonly string[])[]): string[] | null => {
  if (first === undefined) return null;
  const sets = others.map((each) => new Set(each));
  return sorted(first.filter((name) => sets.every((set) => set.has(name))));
};

const least = (numbers: readonly number[]): number | null =>
  numbers.reduce<number | null>((low, each) => (low === null || each < low ? each : low), null);
