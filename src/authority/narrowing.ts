// How much an edge grants, as a lattice: one row per dimension, each with the one comparison that says whether a child
// grants more than its parent. The check and the explanation of a refusal are the same walk over these rows.
import type { DelegationFacts } from '../../machines/delegation.ts';
import { callersEnd } from './end-instants.ts';

/** The fields of an edge that count as authority. */
export type Grant = Pick<
  DelegationFacts,
  'scopes' | 'expiresAt' | 'callersExpiresAt' | 'resourceId' | 'resources' | 'constraints'
>;

/** How many edges may stand in a row from this one on, itself included. */
export const hopsOf = ({ constraints }: Grant): number => constraints.maxHops ?? 1;

export const budgetOf = ({ scopes, constraints }: Grant): number => constraints.budget ?? scopes.length;

const isWithin = (child: readonly string[], parent: readonly string[]): boolean => {
  const allowed = new Set(parent);
  return child.every((each) => allowed.has(each));
};

const exceeds = {
  scopes: (child, parent) => !isWithin(child.scopes, parent.scopes),
  expires_at: (child, parent) => child.expiresAt > parent.expiresAt || callersEnd(child) > callersEnd(parent),
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
  /** What any of them names, sorted; null where none of them names a resource. */
  readonly resources: readonly string[] | null;
  readonly resourceIds: readonly string[];
  readonly maxHops: number;
  readonly ttlSeconds: number | null;
  readonly expiresAt: number | null;
}

/** Edges held together, added one by one, so that the work on many can be spread over turns of the event loop. */
export class Held {
  #scopes: Set<string> | null = null;
  #resources: Set<string> | null = null;
  readonly #resourceIds = new Set<string>();
  #bytes = 0;
  #maxHops: number | null = null;
  #ttlSeconds: number | null = null;
  #expiresAt: number | null = null;

  add(grant: Grant): void {
    const { scopes, resources, resourceId, constraints } = grant;
    this.#scopes = meet(this.#scopes, scopes);
    if (resources !== null) this.#join(resources);
    if (resourceId !== null) this.#added(this.#resourceIds, resourceId);
    this.#maxHops = lesser(this.#maxHops, hopsOf(grant));
    this.#ttlSeconds = lesser(this.#ttlSeconds, constraints.ttlSeconds);
    this.#expiresAt = lesser(this.#expiresAt, callersEnd(grant));
  }

  /** Bytes of the names of resources so far: the only parts that grow with every edge. */
  get bytes(): number {
    return this.#bytes;
  }

  #join(resources: readonly string[]): void {
    this.#resources ??= new Set();
    for (const each of resources) this.#added(this.#resources, each);
  }

  #added(names: Set<string>, name: string): void {
    if (names.has(name)) return;
    names.add(name);
    this.#bytes += Buffer.byteLength(name);
  }

  get effective(): EffectiveAuthority {
    return {
      scopes: sorted(this.#scopes ?? []),
      resources: this.#resources && sorted(this.#resources),
      resourceIds: sorted(this.#resourceIds),
      maxHops: this.#maxHops ?? 0,
      ttlSeconds: this.#ttlSeconds,
      expiresAt: this.#expiresAt,
    };
  }
}

const sorted = (names: Iterable<string>): string[] => [...names].toSorted((a, b) => (a < b ? -1 : 1));

/** The names in both sets; null stands for the set of all names. */
const meet = (common: Set<string> | null, names: readonly string[]): Set<string> =>
  new Set(common ? names.filter((name) => common.has(name)) : names);

/** The lesser number; null stands for no bound. */
const lesser = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
