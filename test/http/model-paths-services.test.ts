// Every transition of a service agent, taken through the real HTTP API: the ways are generated from the machine, and after
// each step callers see what the machine says. Each registration and heartbeat brings metadata of its own, by which it is
// known that it arrived even where the health stays the same.
import { expect } from 'chai';
import { serviceAgentMachine, type ServiceAgentEvent, type ServiceAgentFacts } from '../../machines/service-agent.ts';
import { stepsOf, untaken, type Step } from '../machines/paths.ts';
import { World } from '../world/world.ts';
import { Callers } from './callers.ts';
import { inputWith, instantOf, said, STAMP, walk } from './model-walk.ts';

const LEASE_MS = 120_000;
/** There is metadata; what a machine knows of it does not matter here. */
const BODY = { bodyHash: 'some' } as const;

const { facts, ...rest } = inputWith('service-agent', { capabilities: ['first'] }) as { facts: ServiceAgentFacts };
const INPUT = { facts, ...rest, ...BODY };

const EVENTS: readonly ServiceAgentEvent[] = [
  ...(['starting', 'healthy', 'degraded', 'unhealthy'] as const).map(
    (health) => ({ type: 'heard', health, ...BODY, ...STAMP }) as const,
  ),
  { type: 'updated', facts: { ...facts, capabilities: ['later'] }, ...BODY, ...STAMP },
  { type: 'silenced', heardAt: null, ...STAMP },
];

describe('the transitions of a service agent over HTTP', () => {
  const taken: Step<ServiceAgentEvent>[] = [];
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  for (const [index, step] of stepsOf(serviceAgentMachine, INPUT, EVENTS).entries()) {
    it(said(step), async () => {
      const register = (capabilities: readonly string[], metadata: object) =>
        callers.register({ endpoint_url: `https://model.example/${index}`, capabilities, metadata });
      const id = (await register(facts.capabilities, { step: 1 })).body['id'];
      // A task holds no lease: only the service falls silent.
      const session = await world.session({ ttl_seconds: 86_400 });
      await walk(world, serviceAgentMachine, INPUT, [...step.way, step.event], {
        send: async (event, seq) => {
          world.clock.advance(event.type === 'silenced' ? LEASE_MS : 1_000);
          if (event.type === 'silenced') return null;
          if (event.type === 'updated') return register(event.facts.capabilities, { step: seq });
          return callers.heartbeat(session, { service_id: id, status: event.health, metadata: { step: seq } });
        },
        seen: async () => {
          const shown = (await callers.services()).find((each) => each['id'] === id);
          const { health, last_heartbeat_at, capabilities, metadata_json } = shown ?? {};
          return { health, last_heartbeat_at, capabilities, metadata_json };
        },
        shown: ({ value, context }) => ({
          health: value,
          last_heartbeat_at: instantOf(context.heardAt ?? context.startedAt),
          capabilities: context.capabilities,
          metadata_json: { step: context.metadata?.seq },
        }),
      });
      taken.push(step);
    });
  }

  it('were all taken here', () => {
    expect(untaken(serviceAgentMachine, taken)).to.deep.equal([]);
  });
});
