// A way through a machine, taken on a real server: each event is sent as whatever brings it about, and after each of them
// what callers see is compared with what the machine itself says. A request that is refused was no step.
import { expect } from 'chai';
import { getInitialSnapshot, getNextSnapshot, type AnyStateMachine, type EventObject, type SnapshotFrom } from 'xstate';
import { catalogue } from '../../scripts/machine-catalogue.ts';
import type { Step } from '../machines/paths.ts';
import type { Answered, World } from '../world/world.ts';

/** What stands in an event until the walk says when and in which place it happens. */
export const STAMP = { at: 0, seq: 0 } as const;

/** What a machine starts from, with these facts. */
export const inputWith = (id: string, facts: object): object => {
  const input = catalogue.find(({ machine }) => machine.id === id)?.input as { readonly facts: object };
  return { ...input, facts: { ...input.facts, ...facts } };
};

export const said = ({ way, event, from, to }: Step<EventObject>): string => {
  const before = way.map(({ type }) => type).join(', ');
  const health = 'health' in event ? ` ${String(event['health'])}` : '';
  return `${from} takes ${event.type}${health} and is ${to}${before === '' ? '' : `, after ${before}`}`;
};

export interface Walker<Machine extends AnyStateMachine, Event extends EventObject> {
  /** Brings an event about, by a request or by moving the clock; `seq` numbers the steps as the machine sees them. */
  readonly send: (event: Event, seq: number) => Promise<Answered | null>;
  /** What callers see. */
  readonly seen: () => Promise<object>;
  /** The same, as the machine has it. */
  readonly shown: (snapshot: SnapshotFrom<Machine>) => object;
}

export const walk = async <Machine extends AnyStateMachine, Event extends EventObject>(
  { clock }: World,
  machine: Machine,
  input: object,
  events: readonly Event[],
  { send, seen, shown }: Walker<Machine, Event>,
): Promise<void> => {
  let snapshot = getInitialSnapshot<AnyStateMachine>(machine, {
    ...input,
    at: clock.now(),
    seq: 1,
  }) as SnapshotFrom<Machine>;
  expect(await seen(), 'at the start').to.deep.equal(shown(snapshot));
  for (const [index, event] of events.entries()) {
    const seq = index + 2;
    const answer = await send(event, seq);
    if (answer && answer.status >= 300) throw new Error(`${event.type} was refused: ${answer.text}`);
    snapshot = nextOf(machine, snapshot, { ...event, at: clock.now(), seq });
    expect(await seen(), `after ${event.type}`).to.deep.equal(shown(snapshot));
  }
};

/** Where silence is what happened, the zone says with the event when it last heard anything. */
const nextOf = <Machine extends AnyStateMachine>(
  machine: Machine,
  snapshot: SnapshotFrom<Machine>,
  event: EventObject,
): SnapshotFrom<Machine> => {
  const { context } = snapshot as { readonly context: { readonly heardAt?: unknown } };
  const whole = 'heardAt' in event ? { ...event, heardAt: context.heardAt } : event;
  return getNextSnapshot<AnyStateMachine>(machine, snapshot, whole) as SnapshotFrom<Machine>;
};

export const instantOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
