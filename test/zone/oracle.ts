// What the contract says of subtrees, as plainly as it can be put and as slow as it likes: a session is suspended when it
// or anything above it has a hold of its own. No code is shared with the product.

export interface Expected {
  readonly status: 'active' | 'suspended' | 'terminated' | 'expired';
  readonly reason: string | null;
}

interface Node {
  readonly id: string;
  readonly parent: Node | null;
  readonly expiresAt: number | null;
  held: boolean;
  ended: { status: 'terminated' | 'expired'; reason: string } | null;
}

export class Oracle {
  readonly #nodes = new Map<string, Node>();

  start(id: string, parentId: string | null, expiresAt: number | null): string | null {
    const parent = parentId === null ? null : this.#nodes.get(parentId);
    if (parent === undefined || parent?.ended) return 'parent_not_found';
    if (parent && this.#suspended(parent)) return 'parent_suspended';
    this.#nodes.set(id, { id, parent, expiresAt, held: false, ended: null });
    return null;
  }

  suspend(id: string): string | null {
    const node = this.#nodes.get(id);
    if (!node) return 'agent_not_found';
    if (node.ended || this.#suspended(node)) return 'agent_not_found_or_not_active';
    node.held = true;
    return null;
  }

  resume(id: string): string | null {
    const node = this.#nodes.get(id);
    if (!node) return 'agent_not_found';
    if (node.ended || !this.#suspended(node)) return 'agent_not_found_or_not_suspended';
    if (node.parent && this.#suspended(node.parent)) return 'ancestor_suspended';
    node.held = false;
    return null;
  }

  terminate(id: string, reason: string): string | null {
    const node = this.#nodes.get(id);
    if (!node || node.ended) return 'agent_not_found';
    this.#end(node, { status: 'terminated', reason });
    return null;
  }

  /** Lets everything end whose time has come, the earliest first. */
  passTo(now: number): void {
    const due = () =>
      [...this.#nodes.values()].filter(({ ended, expiresAt }) => !ended && expiresAt !== null && expiresAt <= now);
    for (let waiting = due(); waiting.length > 0; waiting = due()) {
      const first = waiting.reduce((a, b) => ((b.expiresAt ?? 0) < (a.expiresAt ?? 0) ? b : a));
      this.#end(first, { status: 'expired', reason: 'ttl' });
    }
  }

  expected(): Map<string, Expected> {
    return new Map(Array.from(this.#nodes.values(), (node) => [node.id, this.#expectedOf(node)]));
  }

  childrenOf(id: string): number {
    return [...this.#nodes.values()].filter(({ parent, ended }) => parent?.id === id && !ended).length;
  }

  #expectedOf(node: Node): Expected {
    if (node.ended) return node.ended;
    return { status: this.#suspended(node) ? 'suspended' : 'active', reason: null };
  }

  #suspended(node: Node): boolean {
    return node.held || (node.parent !== null && this.#suspended(node.parent));
  }

  #end(node: Node, how: NonNullable<Node['ended']>): void {
    node.ended = how;
    for (const child of this.#nodes.values()) {
      if (child.parent === node && !child.ended)
        this.#end(child, { status: 'terminated', reason: 'parent_terminated' });
    }
  }
}
