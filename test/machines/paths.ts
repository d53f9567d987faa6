// The ways through a machine, generated from the machine itself: the shortest to every state, and from there every event
// that the state takes, each branch of a guard counted as a step of its own.
import { getNextSnapshot, type AnyMachineSnapshot, type AnyStateMachine, type EventObject } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { chartOf, lineageOf, type Edge } from '../../src/inspect/statechart.ts';

export interface Step<Event extends EventObject> {
  /** What leads to the state from which the step is taken. */
  readonly way: readonly Event[];
  readonly event: Event;
  readonly from: string;
  readonly to: string;
  readonly edge: Edge;
}

export const nameOf = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[outer, inner] = ['', '']] = Object.entries(value);
  return `${outer}.${nameOf(inner)}`;
};

/** Every step there is, for a machine that starts from `input` and the events it may be sent. */
export const stepsOf = <Event extends EventObject>(
  machine: AnyStateMachine,
  input: object,
  events: readonly Event[],
): Step<Event>[] => {
  const taken = (snapshot: AnyMachineSnapshot) => events.filter((event) => snapshot.can(event));
  const paths = getShortestPaths(machine, {
    input,
    events: taken,
    // Counters would make a new state of every step; attempts decide a guard.
    serializeState: ({ value, context }: AnyMachineSnapshot) => JSON.stringify([value, context['attempts']]),
  });
  return paths.flatMap(({ state, steps }) => {
    const snapshot = state as AnyMachineSnapshot;
    const way = steps.map(({ event }) => event as Event).filter(({ type }) => !type.startsWith('xstate.'));
    return taken(snapshot).flatMap((event) => stepFrom(machine, snapshot, way, event));
  });
};

const stepFrom = <Event extends EventObject>(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  way: readonly Event[],
  event: Event,
): Step<Event>[] => {
  const from = nameOf(snapshot.value);
  const to = nameOf((getNextSnapshot(machine, snapshot, event) as AnyMachineSnapshot).value);
  const fits = (edge: Edge) =>
    edge.event === event.type &&
    lineageOf(from).includes(edge.from) &&
    (edge.to === null ? from === to : to === edge.to || to.startsWith(`${edge.to}.`));
  return chartOf(machine)
    .edges.filter(fits)
    .map((edge) => ({ way, event, from, to, edge }));
};

/** What no step has taken. */
export const untaken = (machine: AnyStateMachine, steps: readonly Step<EventObject>[]): string[] => {
  const taken = new Set(steps.map(({ edge }) => keyOf(edge)));
  return chartOf(machine)
    .edges.map(keyOf)
    .filter((key) => !taken.has(key));
};

const keyOf = ({ from, event, to, guard }: Edge): string => `${from} ${event} ${guard ?? ''} ${to ?? 'stays'}`;
