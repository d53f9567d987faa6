// The invocation: every transition taken on a real actor, each branch of its guard included, and what its context says.
import { expect } from 'chai';
import { createActor } from 'xstate';
import { invocationMachine, type InvocationEvent } from '../../machines/invocation.ts';
import { nameOf, stepsOf, untaken } from './paths.ts';

const inputFor = (attemptsMax: number) => ({
  at: 1_000,
  seq: 1,
  bodyHash: 'wish',
  facts: {
    serviceId: 'service-1',
    sourceSessionId: null,
    targetSessionId: null,
    idempotencyKey: 'k',
    method: 'm',
    timeoutMs: 500,
    attemptsMax,
    backoffMs: 70,
  },
});

const at = (ms: number, seq = 2) => ({ at: ms, seq });
const started: InvocationEvent = { type: 'started', ...at(2_000) };
const failed: InvocationEvent = { type: 'failed', bodyHash: 'why', ...at(2_100, 3) };
const overran: InvocationEvent = { type: 'overran', ...at(2_500, 3) };
const cancel: InvocationEvent = { type: 'cancel.requested', bodyHash: 'reason', ...at(2_200, 3) };
const succeeded: InvocationEvent = { type: 'succeeded', bodyHash: null, ...at(2_300, 4) };
const sessionEnded: InvocationEvent = { type: 'session.ended', ...at(2_200, 3) };
const extended: InvocationEvent = { type: 'extended', byMs: 700, ...at(2_250, 3) };
const events = [started, extended, failed, overran, cancel, succeeded, sessionEnded];

const after = (sent: readonly InvocationEvent[], attemptsMax = 2) => {
  const actor = createActor(invocationMachine, { input: inputFor(attemptsMax) }).start();
  for (const event of sent) actor.send(event);
  return actor.getSnapshot();
};

describe('an invocation', () => {
  const steps = [1, 2].flatMap((attempts) =>
    stepsOf(invocationMachine, inputFor(attempts), events).map((step) => ({ ...step, attempts })),
  );

  for (const { way, event, from, to, attempts } of steps) {
    const before = way.map(({ type }) => type).join(', ') || 'nothing';
    it(`of ${attempts} attempts is ${to} after ${before} and ${event.type} when it was ${from}`, () => {
      expect(nameOf(after([...way, event], attempts).value)).to.equal(to);
    });
  }

  it('has no transition that was not taken here', () => {
    expect(untaken(invocationMachine, steps)).to.deep.equal([]);
  });

  it('extends the deadline of a running attempt by the given time', () => {
    expect(after([started, extended]).context).to.include({ deadlineAt: 3_200, startedAt: 2_000, attempts: 1 });
    expect(after([started, extended, extended]).context).to.include({ deadlineAt: 3_900 });
    expect(after([started, cancel, extended]).context).to.include({ deadlineAt: 3_200 });
    expect(after([]).can(extended)).to.equal(false);
  });

  it('takes nothing any more once it is over', () => {
    for (const over of [after([cancel]), after([started, succeeded]), after([started, overran], 1)]) {
      expect(events.filter((event) => over.can(event))).to.deep.equal([]);
      expect(over.hasTag('live')).to.equal(false);
      expect(over.status).to.equal('active');
    }
  });

  it('has a deadline while it runs, and a hint after a failure', () => {
    expect(after([]).context).to.include({ deadlineAt: null, nextAttemptAt: null, attempts: 0 });
    expect(after([started]).context).to.include({ deadlineAt: 2_500, startedAt: 2_000, attempts: 1 });
    expect(after([started, cancel]).context).to.include({ deadlineAt: 2_500, cancelRequestedAt: 2_200 });
    expect(after([started, failed]).context).to.include({ deadlineAt: null, nextAttemptAt: 2_170 });
    expect(after([started, overran]).context).to.include({ deadlineAt: null, nextAttemptAt: 2_570 });
    expect(after([started, failed, started]).context).to.include({ nextAttemptAt: null, attempts: 2 });
    expect(after([started, overran], 1).context).to.include({ deadlineAt: null, nextAttemptAt: null, endedAt: 2_500 });
  });

  it('knows where its parameters, its metadata and its error lie', () => {
    const wish = { seq: 1, hash: 'wish' };
    expect(after([]).context).to.deep.include({ params: wish, metadata: wish, error: null, failure: null });
    const why = { seq: 3, hash: 'why' };
    expect(after([started, failed]).context).to.deep.include({
      params: wish,
      metadata: why,
      error: why,
      failure: null,
    });
    expect(after([started, overran]).context).to.deep.include({
      metadata: wish,
      error: null,
      failure: 'deadline_exceeded',
    });
    expect(after([started, overran, started, succeeded]).context).to.deep.include({ failure: null, error: null });
    // What the last attempt came to counts, not what an earlier one reported.
    const second = after([started, failed, started, overran]).context;
    expect(second).to.deep.include({ failure: 'deadline_exceeded', error: null, metadata: why });
    expect(after([cancel]).context.metadata).to.deep.equal({ seq: 3, hash: 'reason' });
  });

  it('tells a cancellation by its session from one that was asked for', () => {
    expect(after([sessionEnded]).context).to.include({ sessionEnded: true, endedAt: 2_200, cancelRequestedAt: 2_200 });
    expect(after([cancel]).context).to.include({ sessionEnded: false, endedAt: 2_200 });
    expect(after([started, sessionEnded]).context).to.include({ sessionEnded: true, endedAt: null });
    expect(after([started, sessionEnded]).can(sessionEnded)).to.equal(false);
  });

  it('is never tried again out of a cancellation, however many attempts are left', () => {
    for (const asked of [cancel, sessionEnded]) {
      for (const [event, outcome] of [
        [failed, 'completed.failed'],
        [overran, 'cancelled.ended'],
        [succeeded, 'completed.succeeded'],
      ] as const) {
        const over = after([started, asked, event], 10);
        expect(nameOf(over.value)).to.equal(outcome);
        expect(over.context).to.include({ nextAttemptAt: null, deadlineAt: null, endedAt: event.at, attempts: 1 });
      }
    }
  });

  it('is started as often as it may be, and not once more', () => {
    for (const [failing, outcome] of [
      [failed, 'completed.failed'],
      [overran, 'completed.timedOut'],
    ] as const) {
      const rounds = Array.from({ length: 3 }, () => [started, failing]).flat();
      expect(nameOf(after(rounds.slice(0, -1), 3).value)).to.equal('running.executing');
      const over = after(rounds, 3);
      expect(nameOf(over.value)).to.equal(outcome);
      expect([over.context.attempts, over.can(started)]).to.deep.equal([3, false]);
    }
  });

  it('keeps what was asked for first: a cancellation does not move, and does not change its reason', () => {
    const asked = after([started, cancel]);
    expect([asked.can(cancel), asked.can(sessionEnded), asked.can(started)]).to.deep.equal([false, false, false]);
    expect(after([started, cancel, overran]).context).to.deep.include({
      cancelRequestedAt: 2_200,
      metadata: { seq: 3, hash: 'reason' },
      failure: null,
    });
  });

  it('counts what touched it, and remembers the last sequence', () => {
    expect(after([started, succeeded]).context).to.include({ createdAt: 1_000, startedSeq: 1, seq: 4, changes: 3 });
  });

  it('has no parameters and no metadata when it was created without', () => {
    const actor = createActor(invocationMachine, { input: { ...inputFor(1), bodyHash: null } }).start();
    expect(actor.getSnapshot().context).to.include({ params: null, metadata: null });
  });
});
