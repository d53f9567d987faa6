// The service agent: every transition taken on a real actor, and what its context says of it.
import { expect } from 'chai';
import { createActor } from 'xstate';
import { serviceAgentMachine, type Health, type ServiceAgentEvent } from '../../machines/service-agent.ts';
import { nameOf, stepsOf, untaken } from './paths.ts';

const facts = {
  applicationId: 'app-a',
  endpointUrl: 'https://a.example',
  protocolVersions: [],
  frameworkName: null,
  frameworkVersion: null,
  capabilities: [],
};
const input = { at: 1_000, seq: 1, facts, bodyHash: 'first' };

const heard = (health: Health, bodyHash: string | null = null, seq = 2): ServiceAgentEvent => ({
  type: 'heard',
  health,
  bodyHash,
  at: 2_000,
  seq,
});
const updated: ServiceAgentEvent = {
  type: 'updated',
  facts: { ...facts, capabilities: ['b'] },
  bodyHash: 'second',
  at: 3_000,
  seq: 5,
};
const silenced: ServiceAgentEvent = { type: 'silenced', heardAt: 1_500, at: 4_000, seq: 6 };
const events = [heard('starting'), heard('healthy'), heard('degraded'), heard('unhealthy'), updated, silenced];

const after = (sent: readonly ServiceAgentEvent[]) => {
  const actor = createActor(serviceAgentMachine, { input }).start();
  for (const event of sent) actor.send(event);
  return actor.getSnapshot();
};

describe('a service agent', () => {
  const steps = stepsOf(serviceAgentMachine, input, events);

  for (const { way, event, from, to } of steps) {
    const what = event.type === 'heard' ? `heard ${event.health}` : event.type;
    it(`is ${to} after ${what} when it was ${from}`, () => {
      expect(nameOf(after([...way, event]).value)).to.equal(to);
    });
  }

  it('has no transition that was not taken here', () => {
    expect(untaken(serviceAgentMachine, steps)).to.deep.equal([]);
  });

  it('is heeded until it is unhealthy', () => {
    expect(after([]).hasTag('heeded')).to.equal(true);
    expect(after([silenced]).hasTag('heeded')).to.equal(false);
    expect(after([silenced]).can(silenced)).to.equal(false);
    expect(after([silenced, heard('healthy')]).hasTag('heeded')).to.equal(true);
  });

  it('knows where its metadata lies', () => {
    expect(after([]).context.metadata).to.deep.equal({ seq: 1, hash: 'first' });
    expect(after([heard('healthy')]).context.metadata).to.deep.equal({ seq: 1, hash: 'first' });
    expect(after([heard('healthy', 'merged', 7)]).context.metadata).to.deep.equal({ seq: 7, hash: 'merged' });
    expect(after([updated]).context).to.deep.include({ metadata: { seq: 5, hash: 'second' }, capabilities: ['b'] });
  });

  it('remembers when it was last heard, also from a silence', () => {
    expect(after([]).context.heardAt).to.equal(null);
    expect(after([heard('healthy')]).context.heardAt).to.equal(2_000);
    expect(after([silenced]).context).to.include({ heardAt: 1_500, seq: 6, changes: 2 });
  });

  it('stays as healthy as it was when it is registered anew, and says all of it anew', () => {
    for (const health of ['starting', 'healthy', 'degraded', 'unhealthy'] as const) {
      const snapshot = after([heard(health), { ...updated, bodyHash: null }]);
      expect([snapshot.value, snapshot.context.metadata, snapshot.context.heardAt]).to.deep.equal([
        health,
        null,
        2_000,
      ]);
    }
  });

  it('keeps its start and its metadata through a silence, and counts what touched it', () => {
    const { context } = after([heard('healthy', 'merged', 4), silenced]);
    expect(context).to.deep.include({
      metadata: { seq: 4, hash: 'merged' },
      startedAt: 1_000,
      startedSeq: 1,
      seq: 6,
      changes: 3,
    });
  });

  it('has no metadata when it was registered without', () => {
    const actor = createActor(serviceAgentMachine, { input: { ...input, bodyHash: null } }).start();
    expect(actor.getSnapshot().context.metadata).to.equal(null);
    actor.send(heard('healthy'));
    expect(actor.getSnapshot().context.metadata).to.equal(null);
  });
});
