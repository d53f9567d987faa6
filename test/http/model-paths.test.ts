// Every transition of the machines, taken through the real HTTP API: the ways are generated from the machines, an event is a
// request or a move of the clock, and after each step callers see the state that the machine says.
import { expect } from 'chai';
import type { EventObject } from 'xstate';
import { agentSessionMachine, type AgentSessionEvent } from '../../machines/agent-session.ts';
import { invocationMachine, type InvocationEvent } from '../../machines/invocation.ts';
import { serviceAgentMachine, type ServiceAgentEvent } from '../../machines/service-agent.ts';
import { catalogue } from '../../scripts/machine-catalogue.ts';
import { stepsOf, untaken, type Step } from '../machines/paths.ts';
import { World } from '../world/world.ts';
import { Callers } from './callers.ts';

const LEASE_MS = 120_000;
const STAMP = { at: 1, seq: 2 } as const;

const inputOf = (id: string): { readonly facts: object } =>
  catalogue.find(({ machine }) => machine.id === id)?.input as { readonly facts: object };
const withFacts = (id: string, facts: object) => ({ ...inputOf(id), facts: { ...inputOf(id).facts, ...facts } });

describe('the transitions of the machines over HTTP', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  describe('an agent session', () => {
    const plain = (
      ['resumed', 'ancestor.suspended', 'ancestor.resumed', 'ancestor.terminated', 'heard', 'lease.taken'] as const
    ).map((type): AgentSessionEvent => ({ type, ...STAMP }));
    const both: AgentSessionEvent[] = [
      { type: 'suspended', reason: 'requested', ...STAMP },
      { type: 'terminated', reason: 'requested', ...STAMP },
      ...plain,
    ];
    const expired: AgentSessionEvent = { type: 'expired', ...STAMP };
    const leaseLost: AgentSessionEvent = { type: 'lease.lost', heardAt: null, ...STAMP };
    const task = stepsOf(agentSessionMachine, withFacts('agent-session', { lifecycle: 'task' }), [...both, expired]);
    const service = stepsOf(agentSessionMachine, withFacts('agent-session', { lifecycle: 'service' }), [
      ...both,
      leaseLost,
    ]);

    for (const [lifecycle, steps] of [
      ['task', task],
      ['service', service],
    ] as const) {
      for (const step of steps) {
        it(`${lifecycle}: ${said(step)}`, async () => {
          const parent = await world.session({ lifecycle: 'service' });
          const id = await world.session({ parent_id: parent, lifecycle });
          const send = async ({ type }: AgentSessionEvent): Promise<unknown> => {
            if (type === 'suspended') return callers.patchSession(id, 'suspend');
            if (type === 'resumed') return callers.patchSession(id, 'resume');
            if (type === 'ancestor.suspended') return callers.patchSession(parent, 'suspend');
            if (type === 'ancestor.resumed') return callers.patchSession(parent, 'resume');
            if (type === 'terminated') return callers.end(id);
            if (type === 'ancestor.terminated') return callers.end(parent);
            if (type === 'heard') return callers.heartbeat(id);
            if (type === 'lease.taken') return callers.takeLease(id);
            // Time runs out for this one alone: the parent is heard on the way.
            const lengthMs = type === 'expired' ? 3_600_000 : LEASE_MS;
            for (let waited = 0; waited < lengthMs; waited += LEASE_MS / 2) {
              await callers.heartbeat(parent);
              world.clock.advance(LEASE_MS / 2);
            }
            return undefined;
          };
          for (const event of [...step.way, step.event]) await send(event);
          expect(seenAs(await callers.session(id))).to.equal(sessionWords(step.to));
        });
      }
    }

    it('has no transition that was not taken here', () => {
      expect(untaken(agentSessionMachine, [...task, ...service])).to.deep.equal([]);
    });
  });

  describe('a service agent', () => {
    const heard = (health: 'starting' | 'healthy' | 'degraded' | 'unhealthy'): ServiceAgentEvent => ({
      type: 'heard',
      health,
      bodyHash: null,
      ...STAMP,
    });
    const facts = inputOf('service-agent').facts as Extract<ServiceAgentEvent, { type: 'updated' }>['facts'];
    const events: ServiceAgentEvent[] = [
      ...(['starting', 'healthy', 'degraded', 'unhealthy'] as const).map(heard),
      { type: 'updated', facts, bodyHash: null, ...STAMP },
      { type: 'silenced', heardAt: null, ...STAMP },
    ];
    const steps = stepsOf(serviceAgentMachine, inputOf('service-agent'), events);

    for (const step of steps) {
      it(said(step), async () => {
        const endpoint = { endpoint_url: `https://model.example/${steps.indexOf(step)}` };
        const id = await callers.service(endpoint);
        const session = await world.session({ lifecycle: 'service' });
        for (const event of [...step.way, step.event]) {
          if (event.type === 'updated') await callers.register(endpoint);
          else if (event.type === 'silenced') world.clock.advance(LEASE_MS);
          else await callers.heartbeat(session, { service_id: id, status: event.health });
        }
        expect(await callers.health(id)).to.equal(step.to);
      });
    }

    it('has no transition that was not taken here', () => {
      expect(untaken(serviceAgentMachine, steps)).to.deep.equal([]);
    });
  });

  describe('an invocation', () => {
    const events: InvocationEvent[] = [
      { type: 'started', ...STAMP },
      { type: 'overran', ...STAMP },
      { type: 'session.ended', ...STAMP },
      { type: 'cancel.requested', bodyHash: null, ...STAMP },
      { type: 'succeeded', bodyHash: null, ...STAMP },
      { type: 'failed', bodyHash: null, ...STAMP },
    ];
    const steps = [1, 2].flatMap((attemptsMax) =>
      stepsOf(invocationMachine, withFacts('invocation', { attemptsMax }), events).map((step) => ({
        ...step,
        attemptsMax,
      })),
    );

    for (const step of steps) {
      it(`${step.attemptsMax} attempts: ${said(step)}`, async () => {
        const session = await world.session();
        const id = await callers.invocation({
          service_id: await callers.service(),
          source_session_id: session,
          retry_policy: { max_attempts: step.attemptsMax },
        });
        for (const { type } of [...step.way, step.event]) {
          if (type === 'started') await callers.move(id, 'start');
          else if (type === 'cancel.requested') await callers.move(id, 'cancel');
          else if (type === 'overran') world.clock.advance(30_000);
          else if (type === 'session.ended') await callers.end(session);
          else await callers.move(id, 'complete', { status: type });
        }
        const { state, status } = (await callers.get(id)).body;
        expect(`${String(state)} ${String(status)}`).to.equal(INVOCATION_WORDS[step.to]);
      });
    }

    it('has no transition that was not taken here', () => {
      expect(untaken(invocationMachine, steps)).to.deep.equal([]);
    });
  });
});

/** What the contract calls the states of an invocation. */
const INVOCATION_WORDS: Readonly<Record<string, string>> = {
  'pending.queued': 'pending pending',
  'pending.retrying': 'pending failed',
  'running.executing': 'running running',
  'running.cancelling': 'running cancel_requested',
  'cancelled.ended': 'cancelled canceled',
  'completed.succeeded': 'completed succeeded',
  'completed.failed': 'completed failed',
  'completed.timedOut': 'completed timed_out',
};

function said({ way, event, from, to }: Step<EventObject>): string {
  const before = way.map(({ type }) => type).join(', ');
  const health = 'health' in event ? ` ${String(event['health'])}` : '';
  return `${from} takes ${event.type}${health} and is ${to}${before === '' ? '' : `, after ${before}`}`;
}

/** A session's own hold and one from above look alike but for the reason. */
const sessionWords = (state: string): string =>
  state === 'suspended.inherited' ? 'suspended from above' : (state.split('.')[0] ?? '') + endOf(state);

const endOf = (state: string): string => (state === 'terminated.expired' ? ' expired' : '');

const seenAs = ({ state, status, suspended_reason: reason }: Readonly<Record<string, unknown>>): string => {
  if (reason === 'parent_suspended') return 'suspended from above';
  return status === 'expired' ? `${String(state)} expired` : String(state);
};
