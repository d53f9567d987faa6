// Walks over the graph of delegated authority: who hands what on to whom. Every walk is a loop over a queue, so that a chain
// of any length is walked in constant stack; it visits each edge once, costs what it visits, and always in the same order.
// Nothing here changes anything.

/** The active edges of a zone, as much of it as the walks need. */
export interface Graph {
  /** Ids of the active edges from a session, in the order they were created. */
  outboundOf(sessionId: string): ReadonlySet<string>;
  /** Ids of the active edges to a session. */
  inboundOf(sessionId: string): ReadonlySet<string>;
  /** Ids of the active edges that stand on an edge. */
  belowOf(edgeId: string): ReadonlySet<string>;
  /** The ends of an active edge. */
  endsOf(edgeId: string): Ends;
}

export interface Ends {
  readonly sourceSessionId: string;
  readonly targetSessionId: string;
}

export interface Step extends Ends {
  readonly id: string;
  /** How many edges lead here, this one included. */
  readonly depth: number;
}

/** An active edge and every active edge reachable downstream of it, each once, by depth and then by id. */
export const traverse = (graph: Graph, edgeId: string): Step[] => {
  const steps: Step[] = [{ id: edgeId, depth: 1, ...graph.endsOf(edgeId) }];
  const seen = new Set([edgeId]);
  for (let next = 0; next < steps.length; next += 1) {
    const { targetSessionId, depth } = steps[next] as Step;
    for (const id of graph.outboundOf(targetSessionId)) {
      if (seen.has(id)) continue;
      seen.add(id);
      steps.push({ id, depth: depth + 1, ...graph.endsOf(id) });
    }
  }
  return steps.toSorted((a, b) => a.depth - b.depth || (a.id < b.id ? -1 : 1));
};

/**
 * The sessions on a way from one to another along active edges, both included; null where none leads there. It walks from
 * both ends by turns and stops when one side has nothing more, so that it costs no more than the smaller side twice.
 */
export const wayFrom = (graph: Graph, from: string, to: string): string[] | null => {
  const ahead = new Side(from, (session) => targets(graph, session));
  const back = new Side(to, (session) => sources(graph, session));
  if (from === to) return [from];
  if (graph.outboundOf(from).size === 0 || graph.inboundOf(to).size === 0) return null;
  for (;;) {
    const met = ahead.step(back) ?? back.step(ahead);
    if (met !== null) return [...ahead.wayTo(met).toReversed(), ...back.wayTo(met).slice(1)];
    if (ahead.isDone || back.isDone) return null;
  }
};

function* targets(graph: Graph, session: string): Generator<string> {
  for (const id of graph.outboundOf(session)) yield graph.endsOf(id).targetSessionId;
}

function* sources(graph: Graph, session: string): Generator<string> {
  for (const id of graph.inboundOf(session)) yield graph.endsOf(id).sourceSessionId;
}

/** One of two walks that look for each other. */
class Side {
  readonly #cameFrom: Map<string, string | null>;
  readonly #queue: string[];
  readonly #neighbours: (session: string) => Iterable<string>;
  #next = 0;

  constructor(start: string, neighbours: (session: string) => Iterable<string>) {
    this.#cameFrom = new Map([[start, null]]);
    this.#queue = [start];
    this.#neighbours = neighbours;
  }

  get isDone(): boolean {
    return this.#next >= this.#queue.length;
  }

  /** Looks at the neighbours of one session; gives the session at which the sides meet. */
  step(other: Side): string | null {
    const session = this.#queue[this.#next];
    if (session === undefined) return null;
    this.#next += 1;
    for (const neighbour of this.#neighbours(session)) {
      if (this.#cameFrom.has(neighbour)) continue;
      this.#cameFrom.set(neighbour, session);
      if (other.#cameFrom.has(neighbour)) return neighbour;
      this.#queue.push(neighbour);
    }
    return null;
  }

  /** From a session that was seen back to the start. */
  wayTo(session: string): string[] {
    const way: string[] = [];
    for (let each: string | null = session; each !== null; each = this.#cameFrom.get(each) ?? null) way.push(each);
    return way;
  }
}

/** The edges that lapse when sessions end: every one that touches any of them, and whatever stands on those. */
export const lapsing = (graph: Graph, endedSessions: Iterable<string>, first: Iterable<string> = []): string[] => {
  const found = new Set<string>(first);
  for (const session of endedSessions) {
    for (const id of graph.inboundOf(session)) found.add(id);
    for (const id of graph.outboundOf(session)) found.add(id);
  }
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const id of found) for (const below of graph.belowOf(id)) found.add(below);
  return [...found];
};
