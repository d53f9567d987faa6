// The supervisor of one zone: the parent of all its actors, through which every change of the zone passes.
// It delivers changes while it recovers (the journal's tail), while it serves (commands) and while it is read-only: then
// only commands that lessen authority, and what is due. In every other state a change is not taken. A fault is kept with the
// sentence that explains it. Damage is never restarted from; a bug is, but only `restartsMax` times within
// `restartWindowMs`, then the zone stays faulted; after a failed journal it is restarted as often as necessary, since what
// is answered meanwhile is what is stored. How a change reaches the children is the action `deliver`, which the zone provides.
import { assign, setup, type SnapshotFrom } from 'xstate';
import type { Instant } from './words.ts';

/** Who must act: `journal` (the disk), `damage` (what is stored does not check), `bug` (us). */
export type FaultKind = 'journal' | 'damage' | 'bug';

export interface Fault {
  readonly kind: FaultKind;
  /** What is wrong and what restores it, for an operator to read. */
  readonly sentence: string;
  /** Nothing but a new process tries this zone again. */
  readonly final: boolean;
}

export interface ZoneSupervisorContext {
  readonly zone: string;
  readonly restartsMax: number;
  readonly restartWindowMs: number;
  readonly fault: Fault | null;
  /** When the zone was restarted after a bug, the latest last, at most `restartsMax` of them. */
  readonly restarts: readonly Instant[];
}

export type ZoneSupervisorEvent =
  | { readonly type: 'changed'; readonly change: unknown }
  | { readonly type: 'recovered' }
  | { readonly type: 'recovered.read-only'; readonly sentence: string }
  | { readonly type: 'broken'; readonly kind: FaultKind; readonly sentence: string; readonly at: Instant }
  | { readonly type: 'restarted'; readonly at: Instant }
  | { readonly type: 'drain.started' }
  | { readonly type: 'drain.finished' };

export interface ZoneSupervisorInput {
  readonly zone: string;
  readonly restartsMax: number;
  readonly restartWindowMs: number;
}

const faultOf = (context: ZoneSupervisorContext, event: ZoneSupervisorEvent): Fault | null => {
  if (event.type === 'recovered.read-only') return { kind: 'journal', sentence: event.sentence, final: false };
  if (event.type !== 'broken') return context.fault;
  const { kind, sentence, at } = event;
  const tooOften = kind === 'bug' && recent(context, at).length >= context.restartsMax;
  return { kind, sentence, final: kind === 'damage' || tooOften };
};

const recent = (context: ZoneSupervisorContext, at: Instant) =>
  context.restarts.filter((restart) => at - restart < context.restartWindowMs);

export const zoneSupervisorMachine = setup({
  types: {
    context: {} as ZoneSupervisorContext,
    events: {} as ZoneSupervisorEvent,
    input: {} as ZoneSupervisorInput,
    tags: {} as 'takes-changes' | 'answers' | 'takes-additions',
  },
  actions: {
    deliver: () => {
      throw new Error('The zone provides how a change is delivered.');
    },
    blame: assign({ fault: ({ context, event }) => faultOf(context, event) }),
    absolve: assign({ fault: null }),
    countRestart: assign({
      restarts: ({ context, event }) =>
        event.type === 'restarted' && context.fault?.kind === 'bug'
          ? [...recent(context, event.at), event.at]
          : context.restarts,
    }),
  },
  guards: {
    mayRestart: ({ context }) => context.fault?.final === false,
  },
}).createMachine({
  id: 'zone-supervisor',
  version: '2',
  context: ({ input }) => ({ ...input, fault: null, restarts: [] }),
  initial: 'recovering',
  states: {
    recovering: {
      tags: ['takes-changes'],
      on: {
        changed: { actions: 'deliver' },
        recovered: { target: 'serving', actions: 'absolve' },
        'recovered.read-only': { target: 'readOnly', actions: 'blame' },
        broken: { target: 'faulted', actions: 'blame' },
        'drain.started': 'draining',
      },
    },
    serving: {
      tags: ['takes-changes', 'answers', 'takes-additions'],
      on: {
        changed: { actions: 'deliver' },
        broken: { target: 'faulted', actions: 'blame' },
        'drain.started': 'draining',
      },
    },
    // Stored data is answered. The journal cannot be written, or has space only for changes that lessen authority.
    readOnly: {
      tags: ['takes-changes', 'answers'],
      on: {
        changed: { actions: 'deliver' },
        broken: { target: 'faulted', actions: 'blame' },
        restarted: { target: 'recovering', guard: 'mayRestart', actions: 'countRestart' },
        'drain.started': 'draining',
      },
    },
    faulted: {
      on: {
        restarted: { target: 'recovering', guard: 'mayRestart', actions: 'countRestart' },
        'drain.started': 'draining',
      },
    },
    draining: {
      on: {
        broken: { actions: 'blame' },
        'drain.finished': 'stopped',
      },
    },
    stopped: { type: 'final' },
  },
});

export type ZoneSupervisorSnapshot = SnapshotFrom<typeof zoneSupervisorMachine>;
export type ZoneSupervisorState = ZoneSupervisorSnapshot['value'];

/** The fields of the context that a log or an inspector may show. */
export const zoneSupervisorVisible = [
  'zone',
  'fault',
  'restarts',
] as const satisfies readonly (keyof ZoneSupervisorContext)[];
