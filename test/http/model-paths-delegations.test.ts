// Every transition of a delegation edge, taken through the real HTTP API along ways generated from the machine.
import { expect } from 'chai';
import { delegationMachine, type DelegationEvent } from '../../machines/delegation.ts';
import { nameOf, stepsOf, untaken, type Step } from '../machines/paths.ts';
import { World } from '../world/world.ts';
import { Callers, itemsOf } from './callers.ts';
import { inputWith, instantOf, said, STAMP, walk } from './model-walk.ts';

const TTL_MS = 60_000;

const EVENTS: readonly DelegationEvent[] = [
  { type: 'revoked', ...STAMP },
  { type: 'expired', ...STAMP },
];

describe('the transitions of a delegation edge over HTTP', () => {
  const taken: Step<DelegationEvent>[] = [];
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const input = inputWith('delegation', {});

  for (const step of stepsOf(delegationMachine, input, EVENTS)) {
    it(said(step), async () => {
      const [source, target] = [await world.session(), await world.session()];
      const made = await callers.delegate(source, target, { ttl_seconds: TTL_MS / 1000 });
      const id = made.body['delegation_edge_id'] as string;
      await walk(world, delegationMachine, input, [...step.way, step.event], {
        send: async ({ type }) => {
          if (type === 'revoked') return world.call('PATCH', `/zones/z1/delegations/${id}/revoke`);
          world.clock.advance(TTL_MS);
          return null;
        },
        seen: async () => {
          const [edge] = itemsOf(await world.call('GET', `/zones/z1/delegations/inbound/${target}`));
          const entries = itemsOf(await world.call('GET', `/zones/z1/delegations/${id}/history`)).length;
          const { status, edge_version, revoked_at } = edge ?? {};
          return { status, edge_version, revoked_at, entries };
        },
        shown: ({ value, context }) => ({
          status: nameOf(value).split('.')[0],
          edge_version: context.edgeVersion,
          revoked_at: instantOf(context.revokedAt),
          entries: context.changes,
        }),
      });
      taken.push(step);
    });
  }

  it('were all taken here', () => {
    expect(untaken(delegationMachine, taken)).to.deep.equal([]);
  });
});
