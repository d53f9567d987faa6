// Random commands on sessions, services and invocations with jumps of the clock, restarts and crashes: after every one,
// everything is as the oracle says, what was refused is refused with the same code, nothing is answered as live after its
// instant, and at the end the journal replays to the same bytes.
import { expect } from 'chai';
import fc from 'fast-check';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { invocationStatusOf, sessionStatusOf } from '../../src/zone/status-words.ts';
import { seed } from '../world/seed.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { heartbeatInput, invocationInput, serviceInput } from './inputs.ts';
import { LEASE_MS, ZoneOracle } from './zone-oracle.ts';

const index = fc.nat({ max: 4 });
const some = fc.option(index, { freq: 3 });
const of = <const Kind extends string, Fields extends object>(
  kind: Kind,
  fields: { [K in keyof Fields]: fc.Arbitrary<Fields[K]> },
): fc.Arbitrary<Fields & { readonly do: Kind }> =>
  fc.record<Fields>(fields as never).map((given) => ({ ...given, do: kind }));

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: of('start', { under: some, service: fc.boolean(), ttlMs: fc.constantFrom(500, 40_000, 3_600_000) }),
  },
  { weight: 6, arbitrary: of('hold', { verb: fc.constantFrom('suspend' as const, 'resume' as const), which: index }) },
  { weight: 2, arbitrary: of('terminate', { which: index }) },
  { weight: 2, arbitrary: of('register', {}) },
  {
    weight: 6,
    arbitrary: of('heartbeat', {
      which: index,
      service: some,
      health: fc.constantFrom('starting' as const, 'healthy' as const, 'degraded' as const, 'unhealthy' as const),
      generation: fc.option<number>(fc.constantFrom(0, 1, 2, 3), { freq: 2, nil: null }),
    }),
  },
  { weight: 2, arbitrary: of('takeLease', { which: index }) },
  {
    weight: 6,
    arbitrary: of('create', {
      service: index,
      source: some,
      target: some,
      attemptsMax: fc.constantFrom(1, 2, 3),
      timeoutMs: fc.constantFrom(1, 700, 60_000),
      backoffMs: fc.constantFrom(0, 900),
    }),
  },
  { weight: 10, arbitrary: of('startInvocation', { which: index }) },
  { weight: 3, arbitrary: of('cancel', { which: index }) },
  {
    weight: 4,
    arbitrary: of('complete', { which: index, status: fc.constantFrom('succeeded' as const, 'failed' as const) }),
  },
  { weight: 3, arbitrary: of('wait', { ms: fc.constantFrom(1, 499, 20_000, LEASE_MS - 1, LEASE_MS, 7_200_000) }) },
  // To the next thing due, or to the millisecond before it.
  { weight: 4, arbitrary: of('waitForNext', { short: fc.boolean() }) },
  { weight: 1, arbitrary: of('restart', { downMs: fc.constantFrom(0, 1_000, 2 * LEASE_MS) }) },
  { weight: 1, arbitrary: of('crash', { downMs: fc.constantFrom(0, 1_000, 2 * LEASE_MS) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

class Run {
  readonly world: ZoneWorld;
  readonly #oracle = new ZoneOracle();
  readonly #ids = { session: [] as string[], service: [] as string[], invocation: [] as string[] };

  constructor(checkpointEveryEntries: number) {
    this.world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries });
    this.#oracle.passTo(this.world.clock.now());
  }

  async take(given: Step): Promise<void> {
    this.#oracle.passTo(this.world.clock.now());
    switch (given.do) {
      case 'wait':
        return this.world.clock.advance(given.ms);
      case 'waitForNext':
        return this.#waitForNext(given.short);
      case 'restart':
        await this.world.zones.drain();
        return this.#comeBack(given.downMs);
      case 'crash':
        return this.#comeBack(given.downMs);
      default: {
        const [reply, expected] = await this.#ask(given);
        expect([given.do, codeOf(reply)]).to.deep.equal([given.do, expected]);
      }
    }
  }

  async check(): Promise<void> {
    const oracle = this.#oracle;
    oracle.passTo(this.world.clock.now());
    for (const [id, session] of oracle.sessions) {
      const { answer } = await this.world.look('session.get', { id });
      if (isRefusal(answer)) throw new Error(`${id}: ${answer.code}`);
      const { record, childCount, leaseUntil } = answer;
      const { terminationReason, leaseGeneration } = record.context;
      expect([id, sessionStatusOf(record), terminationReason, leaseGeneration, leaseUntil, childCount]).to.deep.equal([
        id,
        oracle.statusOf(session),
        session.ended?.reason ?? null,
        session.generation,
        session.leaseUntil,
        oracle.childrenOf(session),
      ]);
    }
    const { answer: services } = await this.world.look('service.list', { limit: 500, cursor: null });
    if (isRefusal(services)) throw new Error(services.code);
    const healths = new Map(services.items.map(({ record }) => [record.id, record.state as string]));
    expect(healths).to.deep.equal(new Map(Array.from(oracle.services, ([id, { health }]) => [id, health])));
    for (const [id, { status, attempts, deadlineAt, nextAttemptAt }] of oracle.invocations) {
      const { answer } = await this.world.look('invocation.get', { id });
      if (isRefusal(answer)) throw new Error(`${id}: ${answer.code}`);
      const { context } = answer.record;
      const seen = [invocationStatusOf(answer.record), context.attempts, context.deadlineAt, context.nextAttemptAt];
      expect([id, ...seen]).to.deep.equal([id, status, attempts, deadlineAt, nextAttemptAt]);
    }
    const counts: Record<string, number> = { pending: 0, running: 0, cancel_requested: 0, failed: 0 };
    for (const { status, nextAttemptAt } of oracle.invocations.values())
      if (status in counts && (status !== 'failed' || nextAttemptAt !== null))
        counts[status] = (counts[status] ?? 0) + 1;
    expect((await this.world.zones.get('z1')).figures.invocations).to.deep.equal(counts);
  }

  async #ask(
    given: Exclude<Step, { do: 'wait' | 'waitForNext' | 'restart' | 'crash' }>,
  ): Promise<[Reply<object>, string | null]> {
    const { world } = this;
    const oracle = this.#oracle;
    switch (given.do) {
      case 'start': {
        const id = this.#make('session');
        const parent = given.under === null ? null : this.#idOf('session', given.under);
        const ttlMs = given.service ? null : given.ttlMs;
        const lifecycle = given.service ? 'service' : 'task';
        const fields = { id, parentId: parent, lifecycle, ttlSeconds: ttlMs === null ? null : ttlMs / 1_000 } as const;
        return [await world.start(fields), oracle.start(id, { parent, service: given.service, ttlMs })];
      }
      case 'hold': {
        const id = this.#idOf('session', given.which);
        return [await world.execute(`session.${given.verb}`, { id }), oracle[given.verb](id)];
      }
      case 'terminate': {
        const id = this.#idOf('session', given.which);
        return [await world.execute('session.terminate', { id, reason: 'done' }), oracle.terminate(id)];
      }
      case 'register': {
        const id = this.#make('service');
        oracle.register(id);
        return [await world.execute('service.register', serviceInput({ id })), null];
      }
      case 'heartbeat': {
        const id = this.#idOf('session', given.which);
        const serviceId = given.service === null ? null : this.#idOf('service', given.service);
        const { health, generation } = given;
        const input = heartbeatInput({ id, serviceId, health, leaseGeneration: generation });
        return [await world.execute('session.heartbeat', input), oracle.heartbeat(id, serviceId, health, generation)];
      }
      case 'takeLease': {
        const id = this.#idOf('session', given.which);
        return [await world.execute('session.take-lease', { id }), oracle.takeLease(id)];
      }
      case 'create':
        return this.#create(given);
      case 'startInvocation': {
        const id = this.#idOf('invocation', given.which);
        return [await world.execute('invocation.start', { id }), oracle.startInvocation(id)];
      }
      case 'cancel': {
        const id = this.#idOf('invocation', given.which);
        return [await world.execute('invocation.cancel', { id, reason: null }), oracle.cancel(id)];
      }
      case 'complete': {
        const id = this.#idOf('invocation', given.which);
        const input = { id, status: given.status, attempt: null, error: null, metadata: {} };
        return [await world.execute('invocation.complete', input), oracle.complete(id, given.status)];
      }
    }
  }

  async #create(given: Extract<Step, { do: 'create' }>): Promise<[Reply<object>, string | null]> {
    const { attemptsMax, timeoutMs, backoffMs } = given;
    const id = this.#make('invocation');
    const service = this.#idOf('service', given.service);
    const source = given.source === null ? null : this.#idOf('session', given.source);
    const target = given.target === null ? null : this.#idOf('session', given.target);
    const fields = { serviceId: service, sourceSessionId: source, targetSessionId: target };
    const input = invocationInput({ id, ...fields, attemptsMax, timeoutMs, backoffMs });
    const sessions = [source, target].filter((each) => each !== null);
    const reply = await this.world.execute('invocation.create', input, { key: id });
    return [reply, this.#oracle.create(id, { service, sessions, attemptsMax, timeoutMs, backoffMs })];
  }

  #waitForNext(short: boolean): void {
    const oracle = this.#oracle;
    const instants = [
      ...Array.from(oracle.sessions.values(), ({ ended, expiresAt, leaseUntil }) =>
        ended ? null : (expiresAt ?? leaseUntil),
      ),
      ...Array.from(oracle.services.values(), ({ silentAt }) => silentAt),
      ...Array.from(oracle.invocations.values(), ({ deadlineAt }) => deadlineAt),
    ].filter((at) => at !== null);
    if (instants.length === 0) return;
    this.world.clock.advance(Math.max(0, Math.min(...instants) - this.world.clock.now() - (short ? 1 : 0)));
  }

  #comeBack(downMs: number): void {
    this.world.clock.forget();
    this.world.clock.advance(downMs);
    this.world.open();
    this.#oracle.wake(this.world.clock.now());
  }

  #make(kind: 'session' | 'service' | 'invocation'): string {
    const id = this.world.nextId();
    this.#ids[kind].push(id);
    return id;
  }

  /** One of the last few, so that commands meet. */
  #idOf(kind: 'session' | 'service' | 'invocation', which: number): string {
    const ids = this.#ids[kind].slice(-5);
    return ids[which % Math.max(ids.length, 1)] ?? 'nobody';
  }
}

describe('a zone under random commands on all it holds', () => {
  it('is at every moment as the contract says, and replays to the same bytes', async function () {
    this.timeout(180_000);
    const runs = fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }),
      fc.constantFrom(3, 11, 1_000),
      async (steps, every) => {
        const run = new Run(every);
        for (const each of steps) {
          await run.take(each);
          await run.check();
        }
        const served = await replayZone('z1', run.world.store);
        expect(served.divergence).to.equal(null);
        await run.world.zones.drain();
        expect(await replayZone('z1', run.world.store)).to.deep.equal(served);
      },
    );
    await fc.assert(runs, { numRuns: 1_500, seed: seed('zone') });
  });
});
