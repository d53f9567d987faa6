// A machine as plain rows: its states in the order they are written, and its transitions with the names of their guards
// and actions. It walks the state nodes; XState's own directed graph loses `always` and knows neither guards nor tags.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

export interface State {
  /** The way from the root, with dots: `suspended.own`. */
  readonly name: string;
  /** The last step of it. */
  readonly key: string;
  readonly kind: 'atomic' | 'compound' | 'final';
  /** Its own tags, without those of the states around it. */
  readonly tags: readonly string[];
  /** The state within that it starts in; null for all but compound states. */
  readonly initial: string | null;
  readonly within: readonly State[];
}

export interface Edge {
  readonly from: string;
  /** Where it leads; null where the state stays as it is. */
  readonly to: string | null;
  /** Empty for a transition that needs no event. */
  readonly event: string;
  readonly guard: string | null;
  readonly actions: readonly string[];
}

export interface Chart {
  readonly id: string;
  readonly initial: string;
  readonly states: readonly State[];
  readonly edges: readonly Edge[];
}

export const chartOf = ({ root }: AnyStateMachine): Chart => ({
  id: root.machine.id,
  initial: initialOf(root) ?? '',
  states: childrenOf(root).map(stateOf),
  edges: edgesBelow(root),
});

/** Every state, the outer before those within. */
export const allOf = (states: readonly State[]): State[] => states.flatMap((state) => [state, ...allOf(state.within)]);

/** The states that a machine can be in at a moment: those without states within. */
export const leavesOf = (states: readonly State[]): State[] =>
  states.flatMap((state) => (state.within.length === 0 ? [state] : leavesOf(state.within)));

/** A state's name and the names of the states around it, the innermost first. */
export const lineageOf = (name: string): string[] => {
  const steps = name.split('.');
  return steps.map((_, index) => steps.slice(0, steps.length - index).join('.'));
};

const childrenOf = (node: AnyStateNode): AnyStateNode[] =>
  Object.values<AnyStateNode>(node.states).toSorted((a, b) => a.order - b.order);

const nameOf = ({ path }: AnyStateNode): string => path.join('.');

const initialOf = (node: AnyStateNode): string | null => {
  const [target] = node.type === 'compound' ? (node.initial.target ?? []) : [];
  return target ? nameOf(target) : null;
};

const stateOf = (node: AnyStateNode): State => {
  const { type } = node;
  if (type !== 'atomic' && type !== 'compound' && type !== 'final') {
    throw new Error(`${nameOf(node)} is a ${type} state; the pages draw atomic, compound and final ones.`);
  }
  const within = childrenOf(node).map(stateOf);
  return { name: nameOf(node), key: node.key, kind: type, tags: node.tags, initial: initialOf(node), within };
};

const edgesBelow = (node: AnyStateNode): Edge[] => {
  const own = [...node.transitions.values()].flat().concat(node.always ?? []);
  return [...own.map((transition) => edgeOf(node, transition)), ...childrenOf(node).flatMap(edgesBelow)];
};

const edgeOf = (node: AnyStateNode, { target, eventType, guard, actions }: AnyTransitionDefinition): Edge => ({
  from: nameOf(node),
  to: target?.[0] ? nameOf(target[0]) : null,
  event: eventType,
  guard: guard === undefined ? null : typeName(guard),
  actions: actions.map(typeName),
});

const typeName = (named: unknown): string => {
  if (typeof named === 'string') return named;
  if (typeof named === 'object' && named !== null && 'type' in named) return String(named.type);
  throw new Error('A guard or an action is an inline function. Name it in setup().');
};
