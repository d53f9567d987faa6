// The agent session: every transition taken on a real actor, and its states checked against the two holds and the end
// that they stand for.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { createActor } from 'xstate';
import {
  agentSessionMachine,
  LEASE_LOST,
  type AgentSessionEvent,
  type AgentSessionFacts,
  type AgentSessionSnapshot,
} from '../../machines/agent-session.ts';
import { nameOf, stepsOf, untaken } from './paths.ts';

const AT = 1_000;
const TTL_SECONDS = 60;

const facts: AgentSessionFacts = {
  applicationId: 'app-a',
  subjectSessionId: 'user-1',
  subjectProven: true,
  parentId: null,
  depth: 0,
  lifecycle: 'task',
  labels: [],
  ttlSeconds: TTL_SECONDS,
  delegationEdgeId: null,
  metadataHash: null,
};

const ALL_TYPES = [
  'suspended',
  'resumed',
  'ancestor.suspended',
  'ancestor.resumed',
  'terminated',
  'ancestor.terminated',
  'expired',
  'heard',
  'lease.taken',
  'lease.lost',
  'authority.received',
  'ancestor.received',
] as const;

const startActor = (given: Partial<AgentSessionFacts> = {}) =>
  createActor(agentSessionMachine, {
    input: { at: AT, seq: 1, authority: 'own', facts: { ...facts, ...given } },
  }).start();

/** A service takes everything that a task takes, and leases besides. */
const service = { ...facts, lifecycle: 'service', ttlSeconds: null } as const;

const HEARD_AT = 900;

const eventOf = (type: AgentSessionEvent['type'], seq = 2): AgentSessionEvent => {
  if (type === 'suspended' || type === 'terminated') return { type, reason: `${type} for a test`, at: AT, seq };
  return type === 'lease.lost' ? { type, heardAt: HEARD_AT, at: AT, seq } : { type, at: AT, seq };
};

const after = (events: readonly AgentSessionEvent[]): AgentSessionSnapshot => {
  const actor = startActor(service);
  for (const event of events) actor.send(event);
  return actor.getSnapshot();
};

describe('an agent session', () => {
  const steps = stepsOf(
    agentSessionMachine,
    { at: AT, seq: 1, authority: 'own', facts: service },
    ALL_TYPES.map((type) => eventOf(type)),
  );

  for (const { way, event, from, to } of steps) {
    it(`is ${to} after ${event.type} when it was ${from}`, () => {
      expect(nameOf(after([...way, event]).value)).to.equal(to);
    });
  }

  it('has no transition that was not taken here', () => {
    expect(untaken(agentSessionMachine, steps)).to.deep.equal([]);
  });

  it('expires its length of life after its start, and a service never', () => {
    expect(startActor().getSnapshot().context.expiresAt).to.equal(AT + TTL_SECONDS * 1000);
    expect(startActor({ ttlSeconds: null }).getSnapshot().context.expiresAt).to.equal(null);
  });

  it('counts up the generation of a lease, and a task has none', () => {
    expect(after([eventOf('lease.taken'), eventOf('lease.taken')]).context.leaseGeneration).to.equal(3);
    const task = startActor().getSnapshot();
    expect(task.context.leaseGeneration).to.equal(0);
    expect(task.can(eventOf('lease.taken'))).to.equal(false);
    expect(task.can(eventOf('lease.lost'))).to.equal(false);
  });

  it('says that its lease is why it is held, and when it was last heard of', () => {
    const { context } = after([eventOf('heard'), eventOf('lease.lost')]);
    expect(context).to.include({ holdReason: LEASE_LOST, heardAt: HEARD_AT });
    expect(after([eventOf('heard')]).context.heardAt).to.equal(AT);
  });

  it('keeps the reason of its own hold until that is lifted', () => {
    const held = after([eventOf('ancestor.suspended'), eventOf('ancestor.resumed'), eventOf('suspended')]);
    expect(held.context.holdReason).to.equal('suspended for a test');
    expect(after([eventOf('suspended'), eventOf('resumed')]).context.holdReason).to.equal(null);
  });

  describe('acts', () => {
    const authorityAfter = (...types: AgentSessionEvent['type'][]) =>
      after(types.map((type) => eventOf(type))).context.authority;

    it('with its own authority until it or a session above receives an edge', () => {
      expect(authorityAfter()).to.equal('own');
      expect(authorityAfter('authority.received')).to.equal('received');
      expect(authorityAfter('ancestor.received')).to.equal('none');
    });

    it('with none while it is held too', () => {
      for (const hold of ['suspended', 'ancestor.suspended', 'lease.lost'] as const)
        expect(authorityAfter(hold, 'ancestor.received')).to.equal('none');
    });

    it('with received authority from then on, also when sessions above receive edges', () => {
      expect(authorityAfter('ancestor.received', 'authority.received')).to.equal('received');
      expect(after([eventOf('authority.received')]).can(eventOf('ancestor.received'))).to.equal(false);
    });
  });

  const endings = [
    ['terminated', 'terminated for a test'],
    ['ancestor.terminated', 'parent_terminated'],
    ['expired', 'ttl'],
  ] as const;
  for (const [type, terminationReason] of endings) {
    it(`keeps when and why it ended: ${type}`, () => {
      expect(after([eventOf(type)]).context).to.include({ endedAt: AT, terminationReason });
    });
  }

  it('counts what touched it, and remembers the last sequence', () => {
    const { context } = after([eventOf('suspended', 7), eventOf('resumed', 9)]);
    expect(context).to.include({ startedSeq: 1, seq: 9, changes: 3 });
  });

  it('is what its holds say, after any events', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ALL_TYPES), { maxLength: 30 }), (types) => {
        const session = after(types.map((type) => eventOf(type)));
        const model = types.reduce(step, { own: false, inherited: false, ended: false });
        expect(session.hasTag('live')).to.equal(!model.ended);
        expect(session.hasTag('acting')).to.equal(!model.ended && !model.own && !model.inherited);
        expect(session.hasTag('held')).to.equal(!model.ended && model.own);
      }),
    );
  });
});

interface Model {
  readonly own: boolean;
  readonly inherited: boolean;
  readonly ended: boolean;
}

/** The same in two words and an end. A session takes its own hold only while it acts, and gives it up only when it is the last. */
const step = (model: Model, type: (typeof ALL_TYPES)[number]): Model => {
  if (model.ended) return model;
  switch (type) {
    case 'heard':
    case 'lease.taken':
    case 'authority.received':
    case 'ancestor.received':
      return model;
    case 'suspended':
    case 'lease.lost':
      return model.inherited ? model : { ...model, own: true };
    case 'resumed':
      return model.inherited ? model : { ...model, own: false };
    case 'ancestor.suspended':
      return { ...model, inherited: true };
    case 'ancestor.resumed':
      return { ...model, inherited: false };
    default:
      return { ...model, ended: true };
  }
};
