// The delegation edge: every transition taken on a real actor, and what its context says of it.
import { expect } from 'chai';
import { createActor } from 'xstate';
import { delegationMachine, type DelegationEvent, type DelegationInput } from '../../machines/delegation.ts';
import { catalogue } from '../../scripts/machine-catalogue.ts';
import { nameOf, stepsOf, untaken } from './paths.ts';

const input = catalogue.find(({ machine }) => machine === delegationMachine)?.input as DelegationInput;
const revoked: DelegationEvent = { type: 'revoked', at: 20, seq: 7 };
const expired: DelegationEvent = { type: 'expired', at: 30, seq: 8 };
const events = [revoked, expired];

const after = (...sent: DelegationEvent[]) => {
  const actor = createActor(delegationMachine, { input }).start();
  for (const event of sent) actor.send(event);
  return actor.getSnapshot();
};

describe('a delegation edge', () => {
  const steps = stepsOf(delegationMachine, input, events);

  for (const { way, event, from, to } of steps) {
    it(`is ${to} after ${event.type} when it was ${from}`, () => {
      expect(nameOf(after(...way, event).value)).to.equal(to);
    });
  }

  it('has no transition that was not taken here', () => {
    expect(untaken(delegationMachine, steps)).to.deep.equal([]);
  });

  it('counts a version more once it is revoked, and none when it expires', () => {
    expect(after().context).to.include({ edgeVersion: 1, revokedAt: null, endedAt: null, changes: 1 });
    expect(after(revoked).context).to.include({ edgeVersion: 2, revokedAt: 20, endedAt: 20, seq: 7, changes: 2 });
    expect(after(expired).context).to.include({ edgeVersion: 1, revokedAt: null, endedAt: 30, seq: 8 });
  });

  it('takes nothing once it has lapsed', () => {
    for (const event of events) expect(events.filter((each) => after(event).can(each))).to.deep.equal([]);
  });
});
