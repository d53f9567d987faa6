// Every transition of an invocation, taken through the real HTTP API: the ways are generated from the machine, with one
// attempt and with two, so that each branch of a guard is a step of its own, and after each step callers see what the
// machine says, down to how many entries of the journal have touched it.
import { expect } from 'chai';
import { invocationMachine, type InvocationEvent } from '../../machines/invocation.ts';
import { nameOf, stepsOf, untaken, type Step } from '../machines/paths.ts';
import { World } from '../world/world.ts';
import { Callers, itemsOf } from './callers.ts';
import { inputWith, instantOf, said, STAMP, walk } from './model-walk.ts';

const TIMEOUT_MS = 30_000;
const BACKOFF_MS = 1_000;
const PAUSE_MS = 5_000;

const EVENTS: readonly InvocationEvent[] = [
  { type: 'started', ...STAMP },
  { type: 'overran', ...STAMP },
  { type: 'extended', byMs: PAUSE_MS, ...STAMP },
  { type: 'session.ended', ...STAMP },
  { type: 'cancel.requested', bodyHash: null, ...STAMP },
  { type: 'succeeded', bodyHash: null, ...STAMP },
  { type: 'failed', bodyHash: null, ...STAMP },
];

/** `state` and `status` of the contract. */
const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  'pending.queued': ['pending', 'pending'],
  'pending.retrying': ['pending', 'failed'],
  'running.executing': ['running', 'running'],
  'running.cancelling': ['running', 'cancel_requested'],
  'cancelled.ended': ['cancelled', 'canceled'],
  'completed.succeeded': ['completed', 'succeeded'],
  'completed.failed': ['completed', 'failed'],
  'completed.timedOut': ['completed', 'timed_out'],
};

describe('the transitions of an invocation over HTTP', () => {
  const taken: Step<InvocationEvent>[] = [];
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const seen = async (id: string): Promise<object> => {
    const { state, status, attempts, error_json, ...shown } = (await callers.get(id)).body;
    const { started_at, deadline_at, next_attempt_at, cancel_requested_at, completed_at } = shown;
    const instants = { started_at, deadline_at, next_attempt_at, cancel_requested_at, completed_at };
    const entries = itemsOf(await world.call('GET', `/zones/z1/invocations/${id}/history`)).length;
    return { words: [state, status], attempts, error_json, ...instants, entries };
  };

  for (const attemptsMax of [1, 2]) {
    const facts = { attemptsMax, timeoutMs: TIMEOUT_MS, backoffMs: BACKOFF_MS };
    const input = inputWith('invocation', facts);

    for (const step of stepsOf(invocationMachine, input, EVENTS)) {
      it(`of ${attemptsMax}: ${said(step)}`, async () => {
        const session = await world.session();
        const id = await callers.invocation({
          service_id: await callers.service(),
          source_session_id: session,
          timeout_ms: TIMEOUT_MS,
          retry_policy: { max_attempts: attemptsMax, backoff_ms: BACKOFF_MS },
        });
        let lastFailure = 0;
        await walk(world, invocationMachine, input, [...step.way, step.event], {
          send: async ({ type }) => {
            if (type === 'failed') lastFailure = world.clock.now();
            if (type === 'started') return callers.move(id, 'start');
            if (type === 'cancel.requested') return callers.move(id, 'cancel');
            if (type === 'session.ended') return callers.end(session);
            if (type === 'extended') {
              world.clock.pause(PAUSE_MS);
              return null;
            }
            if (type !== 'overran') return callers.move(id, 'complete', { status: type });
            const { body } = await callers.get(id);
            lastFailure = Date.parse(String(body['deadline_at']));
            world.clock.advance(lastFailure - world.clock.now());
            return null;
          },
          seen: () => seen(id),
          shown: ({ value, context }) => ({
            words: WORDS[nameOf(value)],
            attempts: context.attempts,
            error_json: context.failure && { reason: context.failure },
            started_at: instantOf(context.startedAt),
            deadline_at: instantOf(context.deadlineAt),
            next_attempt_at: instantOf(context.nextAttemptAt),
            cancel_requested_at: instantOf(context.cancelRequestedAt),
            completed_at: instantOf(nameOf(value) === 'pending.retrying' ? lastFailure : context.endedAt),
            entries: context.changes,
          }),
        });
        taken.push(step);
      });
    }
  }

  it('were all taken here', () => {
    expect(untaken(invocationMachine, taken)).to.deep.equal([]);
  });
});
