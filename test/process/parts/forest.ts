// What the sessions of one caller must look like after what was acknowledged: trees, holds and ends, told in the simplest
// way that is right. It shares no code with the server, so that the two can disagree.
import { strict as assert } from 'node:assert';

export interface Tree {
  readonly id: string;
  readonly parentId: string | null;
  /** What the session was started with, unique: it is its idempotency key, and lies in its metadata. */
  readonly mark: string;
  held: boolean;
  endedFor: string | null;
  /** The events that reached it, oldest first. */
  readonly history: string[];
  readonly children: Tree[];
}

/** A session as an answer shows it and as the forest expects it. */
export interface Row {
  readonly id: string;
  readonly parentId: string | null;
  readonly mark: string;
  readonly status: string;
  readonly depth: number;
  readonly suspendedReason: string | null;
  readonly terminationReason: string | null;
  readonly liveChildren: number;
}

export class Forest {
  readonly #trees = new Map<string, Tree>();

  get(id: string): Tree {
    const tree = this.#trees.get(id);
    assert(tree, `the forest knows ${id}`);
    return tree;
  }

  live(): Tree[] {
    return [...this.#trees.values()].filter(isLive);
  }

  start(id: string, parentId: string | null, mark: string): void {
    const parent = parentId === null ? null : this.get(parentId);
    const tree: Tree = { id, parentId, mark, held: false, endedFor: null, history: ['session.started'], children: [] };
    parent?.children.push(tree);
    this.#trees.set(id, tree);
  }

  suspend(id: string): void {
    this.#wave(id, 'session.suspended', (tree) => this.isActive(tree));
    this.get(id).held = true;
  }

  resume(id: string): void {
    this.#wave(id, 'session.resumed', (tree) => tree.id === id || !tree.held);
    this.get(id).held = false;
  }

  terminate(id: string, reason: string): void {
    const ended = this.#wave(id, 'session.terminated', () => true);
    for (const tree of ended) tree.endedFor = tree.id === id ? reason : 'parent_terminated';
  }

  isActive(tree: Tree): boolean {
    return isLive(tree) && !tree.held && !this.isHeldFromAbove(tree);
  }

  isHeldFromAbove({ parentId }: Tree): boolean {
    const parent = parentId === null ? null : this.get(parentId);
    return parent !== null && (parent.held || this.isHeldFromAbove(parent));
  }

  depthOf({ parentId }: Tree): number {
    return parentId === null ? 0 : 1 + this.depthOf(this.get(parentId));
  }

  rows(): Row[] {
    return [...this.#trees.values()].map((tree) => this.#row(tree));
  }

  clone(): Forest {
    const copy = new Forest();
    for (const { id, parentId, mark } of this.#trees.values()) copy.start(id, parentId, mark);
    for (const { id, held, endedFor, history } of this.#trees.values()) {
      const tree = copy.get(id);
      Object.assign(tree, { held, endedFor });
      tree.history.splice(0, Infinity, ...history);
    }
    return copy;
  }

  #row(tree: Tree): Row {
    const { id, parentId, mark, held, endedFor, children } = tree;
    const suspended = isLive(tree) && !this.isActive(tree);
    return {
      id,
      parentId,
      mark,
      status: suspended ? 'suspended' : isLive(tree) ? 'active' : 'terminated',
      depth: this.depthOf(tree),
      suspendedReason: suspended ? (held ? 'requested' : 'parent_suspended') : null,
      terminationReason: endedFor,
      liveChildren: children.filter(isLive).length,
    };
  }

  /** An event goes to a session and on below every session that it moves. Answers whom it reached. */
  #wave(id: string, event: string, moves: (tree: Tree) => boolean): Tree[] {
    const reached = [this.get(id)];
    for (const tree of reached) if (moves(tree)) reached.push(...tree.children.filter(isLive));
    for (const tree of reached) tree.history.push(event);
    return reached;
  }
}

const isLive = ({ endedFor }: Tree): boolean => endedFor === null;
