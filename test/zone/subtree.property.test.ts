// Random command sequences with jumps of the clock, restarts and crashes: after every one, each session is as the oracle
// says, what was refused is refused with the same code, and at the end the journal replays to the same bytes.
import { expect } from 'chai';
import fc from 'fast-check';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { sessionStatusOf } from '../../src/zone/status-words.ts';
import { seed } from '../world/seed.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { Oracle } from './oracle.ts';

type Step =
  | { readonly do: 'start'; readonly under: number | null; readonly ttlSeconds: number | null }
  | { readonly do: 'suspend' | 'resume' | 'terminate' | 'preview'; readonly which: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'restart' | 'crash' };

// Few sessions, so that commands meet: a resume above a session that was suspended on its own must come about often.
const which = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('start' as const),
      under: fc.option(which),
      ttlSeconds: fc.option(fc.integer({ min: 1, max: 120 })),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('suspend' as const, 'resume' as const, 'terminate' as const, 'preview' as const),
      which,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 90 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'crash' as const) }) },
);

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

class Run {
  readonly world: ZoneWorld;
  readonly #oracle = new Oracle();
  readonly #ids: string[] = [];

  constructor(checkpointEveryEntries: number) {
    this.world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries });
  }

  async take(step: Step): Promise<void> {
    this.#oracle.passTo(this.world.clock.now());
    switch (step.do) {
      case 'start':
        return this.#start(step.under === null ? null : this.#idOf(step.under), step.ttlSeconds);
      case 'wait':
        return this.world.clock.advance(step.seconds * 1_000);
      case 'restart':
        await this.world.zones.drain();
        return this.world.open();
      case 'crash':
        return this.world.open();
      case 'preview':
        return this.#preview(this.#idOf(step.which));
      default:
        return this.#change(step.do, this.#idOf(step.which));
    }
  }

  /** Every session answers as the oracle expects, and no active session stands under a suspended or ended one. */
  async check(): Promise<void> {
    this.#oracle.passTo(this.world.clock.now());
    for (const [id, { status, reason }] of this.#oracle.expected()) {
      const { answer } = await this.world.look('session.get', { id });
      if (isRefusal(answer)) throw new Error(`${id}: ${answer.code}`);
      expect([id, sessionStatusOf(answer.record), answer.record.context.terminationReason]).to.deep.equal([
        id,
        status,
        reason,
      ]);
      expect(answer.childCount).to.equal(this.#oracle.childrenOf(id));
    }
  }

  #idOf(index: number): string {
    return this.#ids[index % Math.max(this.#ids.length, 1)] ?? 'nobody';
  }

  async #start(parentId: string | null, ttlSeconds: number | null): Promise<void> {
    const id = this.world.nextId();
    const expiresAt = ttlSeconds === null ? null : this.world.clock.now() + ttlSeconds * 1_000;
    const reply = await this.world.start({ id, parentId, ttlSeconds, lifecycle: 'task' });
    expect(codeOf(reply)).to.equal(this.#oracle.start(id, parentId, expiresAt));
    if (codeOf(reply) === null) this.#ids.push(id);
  }

  async #change(verb: 'suspend' | 'resume' | 'terminate', id: string): Promise<void> {
    const before = this.#oracle.expected();
    const reply =
      verb === 'terminate'
        ? await this.world.execute('session.terminate', { id, reason: 'done' })
        : await this.world.execute(`session.${verb}`, { id });
    const refusal = verb === 'terminate' ? this.#oracle.terminate(id, 'done') : this.#oracle[verb](id);
    expect([verb, codeOf(reply)]).to.deep.equal([verb, refusal]);
    const after = this.#oracle.expected();
    const moved = [...after].filter(([each, { status }]) => before.get(each)?.status !== status).map(([each]) => each);
    if (!isRefusal(reply.answer)) expect([...reply.answer.moved].toSorted()).to.deep.equal(moved.toSorted());
  }

  /** A dry run names what the real one then moves, and changes nothing itself. */
  async #preview(id: string): Promise<void> {
    const dry = await this.world.execute('session.suspend', { id }, { dryRun: true });
    await this.check();
    const real = await this.world.execute('session.suspend', { id });
    expect(codeOf(dry)).to.equal(codeOf(real));
    expect(this.#oracle.suspend(id)).to.equal(codeOf(real));
    if (!isRefusal(dry.answer) && !isRefusal(real.answer)) expect(dry.answer.moved).to.deep.equal(real.answer.moved);
  }
}

describe('a zone under random commands', () => {
  it('is at every moment as the rules of subtrees say, and replays to the same bytes', async function () {
    this.timeout(120_000);
    const runs = fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
      fc.constantFrom(2, 7, 1_000),
      async (steps, every) => {
        const run = new Run(every);
        for (const each of steps) {
          await run.take(each);
          await run.check();
        }
        const served = await replayZone('z1', run.world.store);
        expect(served.divergence).to.equal(null);
        await run.world.zones.drain();
        const stored = await replayZone('z1', run.world.store);
        expect(stored).to.deep.equal(served);
      },
    );
    await fc.assert(runs, { numRuns: 1_000, seed: seed('subtree') });
  });
});
