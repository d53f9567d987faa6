// Every transition of an agent session, taken through the real HTTP API: the ways are generated from the machine, an event is a
// request or a move of the clock, and after each step callers see what the machine says, down to how many entries of the
// journal have touched it, so that an event that changes nothing visible is known to have been taken too.
import { expect } from 'chai';
import { agentSessionMachine, type AgentSessionContext, type AgentSessionEvent } from '../../machines/agent-session.ts';
import { nameOf, stepsOf, untaken, type Step } from '../machines/paths.ts';
import { World } from '../world/world.ts';
import { Callers, itemsOf } from './callers.ts';
import { inputWith, instantOf, said, STAMP, walk } from './model-walk.ts';

const LEASE_MS = 120_000;
const TTL_MS = 3_600_000;

const EVENTS: readonly AgentSessionEvent[] = [
  { type: 'suspended', reason: 'requested', ...STAMP },
  { type: 'resumed', ...STAMP },
  { type: 'ancestor.suspended', ...STAMP },
  { type: 'ancestor.resumed', ...STAMP },
  { type: 'terminated', reason: 'requested', ...STAMP },
  { type: 'ancestor.terminated', ...STAMP },
  { type: 'heard', ...STAMP },
  { type: 'lease.taken', ...STAMP },
  { type: 'authority.received', ...STAMP },
  { type: 'ancestor.received', ...STAMP },
];

const LIFECYCLES = [
  { lifecycle: 'task', ttlSeconds: TTL_MS / 1000, runsOut: { type: 'expired', ...STAMP } },
  { lifecycle: 'service', ttlSeconds: null, runsOut: { type: 'lease.lost', heardAt: null, ...STAMP } },
] as const;

/** `state` and `status` of the contract. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  active: ['active', 'active'],
  'suspended.own': ['suspended', 'suspended'],
  'suspended.inherited': ['suspended', 'suspended'],
  'suspended.both': ['suspended', 'suspended'],
  'terminated.ended': ['terminated', 'terminated'],
  'terminated.expired': ['terminated', 'expired'],
};

/** A hold of its own says why; one from above alone says so; whoever acts or has ended is not suspended. */
const reasonOf = (state: string, { holdReason }: AgentSessionContext): string | null => {
  if (state === 'suspended.inherited') return 'parent_suspended';
  return state.startsWith('suspended.') ? holdReason : null;
};

describe('the transitions of an agent session over HTTP', () => {
  const taken: Step<AgentSessionEvent>[] = [];
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  /** Time runs out for one session alone: the others send heartbeats on the way. */
  const wait = async (others: readonly string[], lengthMs: number): Promise<null> => {
    for (let waited = 0; waited < lengthMs; waited += LEASE_MS / 2) {
      for (const other of others) await callers.heartbeat(other);
      world.clock.advance(LEASE_MS / 2);
    }
    return null;
  };

  const seen = async (id: string): Promise<object> => {
    const { state, status, suspended_reason, termination_reason, terminated_at, ...shown } = await callers.session(id);
    const { authority, lease_generation, last_heartbeat_at } = shown;
    const entries = itemsOf(await world.call('GET', `/zones/z1/agents/${id}/history`)).length;
    const why = { suspended_reason, termination_reason, terminated_at };
    return { words: [state, status], ...why, authority, lease_generation, last_heartbeat_at, entries };
  };

  for (const { lifecycle, ttlSeconds, runsOut } of LIFECYCLES) {
    const input = inputWith('agent-session', { lifecycle, ttlSeconds });

    for (const step of stepsOf(agentSessionMachine, input, [...EVENTS, runsOut])) {
      // A suspended session accepts the event only because entries of earlier versions have it: `heartbeats.test.ts`
      // shows that callers are refused, and the golden journals that such entries replay.
      if (step.event.type === 'lease.taken' && step.from.startsWith('suspended')) {
        taken.push(step);
        continue;
      }
      it(`${lifecycle}: ${said(step)}`, async () => {
        const [issuer, parent] = [
          await world.session({ lifecycle: 'service' }),
          await world.session({ lifecycle: 'service' }),
        ];
        const id = await world.session({ parent_id: parent, lifecycle });
        await walk(world, agentSessionMachine, input, [...step.way, step.event], {
          send: ({ type }) => {
            if (type === 'suspended') return callers.patchSession(id, 'suspend');
            if (type === 'resumed') return callers.patchSession(id, 'resume');
            if (type === 'ancestor.suspended') return callers.patchSession(parent, 'suspend');
            if (type === 'ancestor.resumed') return callers.patchSession(parent, 'resume');
            if (type === 'terminated') return callers.end(id);
            if (type === 'ancestor.terminated') return callers.end(parent);
            if (type === 'heard') return callers.heartbeat(id);
            if (type === 'lease.taken') return callers.takeLease(id);
            if (type === 'authority.received') return callers.delegate(issuer, id);
            if (type === 'ancestor.received') return callers.delegate(issuer, parent);
            return wait([issuer, parent], type === 'expired' ? TTL_MS : LEASE_MS);
          },
          seen: () => seen(id),
          shown: ({ value, context }) => ({
            words: WORDS[nameOf(value)],
            suspended_reason: reasonOf(nameOf(value), context),
            termination_reason: context.terminationReason,
            terminated_at: instantOf(context.endedAt),
            authority: context.authority,
            lease_generation: context.leaseGeneration,
            last_heartbeat_at: instantOf(context.heardAt ?? (lifecycle === 'service' ? context.startedAt : null)),
            entries: context.changes,
          }),
        });
        taken.push(step);
      });
    }
  }

  it('were all taken here', () => {
    expect(untaken(agentSessionMachine, taken)).to.deep.equal([]);
  });
});
