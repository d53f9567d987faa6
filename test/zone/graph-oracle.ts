// Delegated authority as plainly as it can be put: sets, and loops that go round until nothing changes. No code is shared
// with the product, and nothing is fast.

export interface Grant {
  readonly scopes: readonly string[];
  readonly resources: readonly string[] | null;
  readonly hops: number | null;
  readonly ttl: number | null;
  readonly budget: number | null;
  readonly expiresAt: number;
}

interface Edge extends Grant {
  readonly order: number;
  readonly source: string;
  readonly target: string;
  readonly parent: string | null;
  /** Whether it is the mirrored edge of the parent, made at the start of a session. */
  readonly mirrored: boolean;
  /** The authority of its source when it was created. */
  readonly sourceActedWith: string;
  status: 'active' | 'revoked' | 'expired';
}

interface Session {
  /** What falls due at one instant happens in the order in which it came into being. */
  readonly order: number;
  readonly parent: string | null;
  readonly expiresAt: number | null;
  held: boolean;
  ended: string | null;
  received: boolean;
}

interface Contents {
  readonly sessions: Map<string, Session>;
  readonly edges: Map<string, Edge>;
}

/** The inheritance that a start names; null if it names none. */
export type Inherit = { readonly edge: string } | 'inherit' | 'none' | null;

export class GraphOracle {
  readonly sessions: Map<string, Session>;
  readonly edges: Map<string, Edge>;
  #now: number;

  constructor(now: number, contents: Contents = { sessions: new Map(), edges: new Map() }) {
    this.#now = now;
    this.sessions = contents.sessions;
    this.edges = contents.edges;
  }

  /** The same world, to try something in. */
  copy(): GraphOracle {
    return new GraphOracle(this.#now, structuredClone({ sessions: this.sessions, edges: this.edges }));
  }

  passTo(now: number): void {
    for (let due = this.#next(now); due; due = this.#next(now)) due.happen();
    this.#now = now;
  }

  #next(now: number): { at: number; order: number; happen: () => void } | undefined {
    const edges = [...this.edges.values()]
      .filter(({ status }) => status === 'active')
      .map((edge) => ({ at: edge.expiresAt, order: edge.order, happen: () => (edge.status = 'expired') }));
    const sessions = [...this.sessions]
      .filter(([, { ended }]) => ended === null)
      .map(([id, { expiresAt, order }]) => ({
        at: expiresAt ?? Infinity,
        order,
        happen: () => this.endAll(new Map([[id, 'ttl']])),
      }));
    const due = [...edges, ...sessions].filter(({ at }) => at <= now);
    return due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }

  #order(): number {
    return this.sessions.size + this.edges.size;
  }

  start(id: string, parentId: string | null, ttlMs: number | null, inherit: Inherit, edgeId: string): string | null {
    const parent = parentId === null ? null : this.sessions.get(parentId);
    if (parent === undefined || (parent && parent.ended !== null)) return 'parent_not_found';
    if (parentId !== null && this.isSuspended(parentId)) return 'parent_suspended';
    const session = {
      parent: parentId,
      order: this.#order(),
      expiresAt: ttlMs === null ? null : this.#now + ttlMs,
      held: false,
      ended: null,
    };
    const held = parentId === null ? [] : this.inbound(parentId);
    const named = inherit !== null && typeof inherit === 'object' ? inherit.edge : null;
    const candidates = named === null ? held : held.filter(([each]) => each === named);
    if (parent && named !== null && candidates.length === 0) return 'inherit_parent_edge_not_active';
    if (parent && inherit === 'inherit' && held.length > 1) return 'inherit_parent_edge_ambiguous';
    if (parent && inherit === 'inherit' && held.length === 0 && parent.received)
      return 'inherit_parent_edge_not_active';
    const [from] = inherit === 'none' || candidates.length > 1 ? [] : candidates;
    this.sessions.set(id, { ...session, received: from !== undefined });
    const ends = { source: parentId ?? '', target: id, parent: from?.[0] ?? null, order: this.#order() };
    if (from) this.edges.set(edgeId, { ...from[1], ...ends, mirrored: true, sourceActedWith: 'received' });
    return null;
  }

  hold(id: string, held: boolean): void {
    const session = this.sessions.get(id);
    if (session && session.ended === null) session.held = held;
  }

  create(
    id: string,
    source: string,
    target: string,
    named: string | null,
    grant: Grant,
  ): { code: string; exceeds?: string[] } | null {
    if (source === target) return { code: 'self_delegation_denied' };
    if (!this.isActive(source) || !this.isActive(target)) return { code: 'delegation_endpoint_not_found' };
    const held = this.inbound(source);
    const chosen = named === null ? held : held.filter(([each]) => each === named);
    if (named !== null && chosen.length === 0) return { code: 'parent_delegation_not_active' };
    if (named === null && held.length > 1) return { code: 'parent_delegation_ambiguous' };
    const [parent] = chosen;
    if (!parent && this.authority(source) !== 'own') return { code: 'parent_delegation_not_active' };
    const exceeds = parent ? exceeded(grant, parent[1]) : [];
    if (exceeds.length > 0) return { code: 'delegation_exceeds_parent_authority', exceeds };
    if (this.reached(target).has(source)) return { code: 'delegation_cycle_denied' };
    if (grant.expiresAt <= this.#now) return { code: 'delegation_expired' };
    this.edges.set(id, {
      ...grant,
      source,
      target,
      parent: parent?.[0] ?? null,
      mirrored: false,
      sourceActedWith: this.authority(source),
      status: 'active',
      order: this.#order(),
    });
    (this.sessions.get(target) as Session).received = true;
    return null;
  }

  revoke(id: string): string | null {
    if (this.edges.get(id)?.status !== 'active') return 'delegation_not_found';
    const downstream = this.downstream(id);
    const targets = new Map([...downstream].map((each) => [this.edges.get(each)?.target ?? '', 'delegation_revoked']));
    for (const each of downstream) (this.edges.get(each) as Edge).status = 'revoked';
    this.endAll(targets);
    return null;
  }

  terminate(id: string): string | null {
    if (!this.sessions.has(id) || this.sessions.get(id)?.ended !== null) return 'agent_not_found';
    this.endAll(new Map([[id, 'done']]));
    return null;
  }

  /** Computed from the history of the session and of the sessions above it: a received edge counts permanently. */
  authority(id: string): 'own' | 'received' | 'none' {
    const { received, parent } = this.sessions.get(id) as Session;
    if (received) return 'received';
    return parent === null || this.authority(parent) === 'own' ? 'own' : 'none';
  }

  /** Returns the fault in the chain of edges above an active one; null if each narrows and the first needs no parent. */
  fault(id: string): string | null {
    const edge = this.edges.get(id) as Edge;
    if (edge.status !== 'active') return `${id} is ${edge.status}`;
    if (edge.parent === null) return edge.sourceActedWith === 'own' ? null : `${id} has no parent edge`;
    const parent = this.edges.get(edge.parent) as Edge;
    if (parent.target !== edge.source) return `the parent of ${id} is an edge that its source never held`;
    const wider = exceeded(edge, parent).filter((each) => !edge.mirrored || each !== 'max_hops');
    return wider.length > 0 ? `${id} is wider in ${wider.join()}` : this.fault(edge.parent);
  }

  /** Active edges to a session. */
  inbound(id: string): [string, Edge][] {
    return [...this.edges].filter(([, { target, status }]) => target === id && status === 'active');
  }

  /** The sessions that can be reached from one along active edges, itself included. */
  reached(from: string): Set<string> {
    const found = new Set([from]);
    for (let before = -1; before !== found.size;) {
      before = found.size;
      for (const { source, target, status } of this.edges.values())
        if (status === 'active' && found.has(source)) found.add(target);
    }
    return found;
  }

  /** An edge and every active one that starts where it leads. */
  downstream(id: string): Set<string> {
    const sessions = this.reached(this.edges.get(id)?.target ?? '');
    const below = [...this.edges].filter(([, { source, status }]) => status === 'active' && sessions.has(source));
    return new Set([id, ...below.map(([each]) => each)]);
  }

  /** What a session may do: the meet over everything above it, from the roots down. */
  effective(id: string): { scopes: string[]; hops: number; expiresAt: number | null } {
    const chains = this.inbound(id).map(([edgeId]) => this.#chain(edgeId));
    const all = chains.map((chain) =>
      chain.reduce<string[]>(
        (kept, { scopes }) => kept.filter((each) => scopes.includes(each)),
        [...(chain[0]?.scopes ?? [])],
      ),
    );
    const [first = [], ...others] = all;
    return {
      scopes: [...new Set(first.filter((each) => others.every((other) => other.includes(each))))].toSorted(),
      hops: Math.min(...this.inbound(id).map(([, { hops }]) => hops ?? 1), chains.length === 0 ? 0 : Infinity),
      expiresAt: chains.length === 0 ? null : Math.min(...chains.flat().map(({ expiresAt }) => expiresAt)),
    };
  }

  isSuspended(id: string): boolean {
    const session = this.sessions.get(id);
    return session !== undefined && (session.held || (session.parent !== null && this.isSuspended(session.parent)));
  }

  isActive(id: string): boolean {
    return this.sessions.get(id)?.ended === null && !this.isSuspended(id);
  }

  #chain(id: string): Edge[] {
    const edge = this.edges.get(id) as Edge;
    return edge.parent === null ? [edge] : [edge, ...this.#chain(edge.parent)];
  }

  /** Ends sessions, each for its reason, with all below them and every edge that this leaves loose. */
  endAll(roots: ReadonlyMap<string, string>): void {
    for (const [id, reason] of roots) (this.sessions.get(id) as Session).ended = reason;
    for (let changed = true; changed;) {
      changed = false;
      for (const session of this.sessions.values()) {
        if (session.ended !== null || session.parent === null || this.sessions.get(session.parent)?.ended === null)
          continue;
        session.ended = 'parent_terminated';
        changed = true;
      }
      for (const edge of this.edges.values()) {
        if (edge.status !== 'active') continue;
        const parent = edge.parent === null ? null : this.edges.get(edge.parent);
        const isLoose = [edge.source, edge.target].some((each) => this.sessions.get(each)?.ended !== null);
        if (!isLoose && parent?.status !== 'revoked') continue;
        edge.status = 'revoked';
        changed = true;
      }
    }
  }
}

const exceeded = (child: Grant, parent: Grant): string[] => {
  const found: string[] = [];
  if (child.scopes.some((each) => !parent.scopes.includes(each))) found.push('scopes');
  if (child.expiresAt > parent.expiresAt) found.push('expires_at');
  const { resources: allowed } = parent;
  if (allowed !== null && (child.resources === null || child.resources.some((each) => !allowed.includes(each))))
    found.push('resources');
  if ((child.hops ?? 1) > (parent.hops ?? 1) - 1) found.push('max_hops');
  if (parent.ttl !== null && (child.ttl === null || child.ttl > parent.ttl)) found.push('ttl_seconds');
  if ((child.budget ?? child.scopes.length) > (parent.budget ?? parent.scopes.length)) found.push('budget');
  return found;
};
