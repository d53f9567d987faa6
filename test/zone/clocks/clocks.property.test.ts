// Random commands under random clocks: steps of the wall clock, pauses of the process, sleeps of the machine, restarts and
// crashes. Nothing outlives its own length, nothing is deleted early, no pause costs a lease, and the journal replays.
import { expect } from 'chai';
import fc from 'fast-check';
import type { Caller } from '../../../src/authority/caller.ts';
import { isRefusal } from '../../../src/zone/commands.ts';
import { replayZone } from '../../../src/zone/waking/replay.ts';
import { BEAT_MS, DEAF_GRACE_MS } from '../../../src/time/limits.ts';
import { seed } from '../../world/seed.ts';
import { OWNER } from '../../world/zone-world.ts';
import { ClockRun, READING_EVERY_MS, RETENTION_MS, STEADY_MS } from './clock-run.ts';
import { clockStep, LEASE_MS, type ClockStep, type StepOf } from './clock-steps.ts';
import { age, slewMs, type Thing } from './thing.ts';
import { edgeInput, heartbeatInput, invocationInput, serviceInput } from '../inputs.ts';

const RUNS = Number(process.env['CLOCK_RUNS'] ?? 200);
const SECOND_MS = 1_000;
const OPERATOR = { kind: 'operator' } as const;

class Run extends ClockRun {
  readonly things: Thing[] = [];
  #pausedMs = 0;
  #pauses = 0;
  /** By which the wall clock is wrong. */
  #wrongMs = 0;

  async take(given: ClockStep): Promise<void> {
    this.wasSteady = this.steadyMs >= STEADY_MS;
    await this.#do(given);
    await this.check();
    await this.countEntries();
  }

  async #do(given: ClockStep): Promise<unknown> {
    switch (given.do) {
      case 'run':
        return this.run(given.ms);
      case 'wall':
        return this.#step(given.ms);
      case 'right':
        return this.#step(-this.#wrongMs);
      case 'pause':
        this.#pausedMs += given.ms;
        this.#pauses += 1;
        return this.pause(given.ms);
      case 'sleep':
        return this.setWall(given.ms);
      case 'restart':
        return this.restart(given.downMs, given.isCrash);
      default:
        return this.#command(given);
    }
  }

  #step(ms: number): void {
    this.#wrongMs += ms;
    this.setWall(ms);
  }

  #command(
    given: Exclude<ClockStep, StepOf<'run' | 'wall' | 'right' | 'pause' | 'sleep' | 'restart'>>,
  ): Promise<unknown> {
    switch (given.do) {
      case 'start':
        return this.#start(given.lengthMs, this.world.nextId());
      case 'again':
        return this.#again(given.which);
      case 'service':
        return this.#service();
      case 'heartbeat':
        return this.#heartbeat(given.which);
      case 'terminate':
        return this.world.execute('session.terminate', { id: this.#idOf(given.which), reason: 'done' });
      case 'edge':
        return this.#edge(given);
      case 'invoke':
        return this.#invoke(given.lengthMs);
      case 'register':
        return this.#register(given.lengthMs);
    }
  }

  async #start(lengthMs: number, key: string): Promise<void> {
    const id = this.world.nextId();
    const { answer } = await this.world.start({ id, ttlSeconds: lengthMs / SECOND_MS }, key);
    if (!isRefusal(answer) && !answer.replayed)
      this.#add('session', id, lengthMs, { key, startedAt: answer.session.record.context.startedAt });
  }

  /** The same request under the same key: it counts as another only once the key has had its time. */
  async #again(index: number): Promise<void> {
    const key = this.#latest('session', index)?.key;
    const first = this.things.findLast((thing) => thing.kind === 'session' && thing.key === key);
    if (!first) return;
    const { length } = this.things;
    if (this.wasSteady) age(first, this.clock.now());
    const isSteady = this.steadyMs >= STEADY_MS + 2 * READING_EVERY_MS;
    await this.#start(first.lengthMs, first.key);
    const ageMs = this.clock.now() - first.startedAt;
    if (this.things.length > length) expect(first.isKeyOld, `${first.id}: its key is unused early`).to.equal(true);
    else if (isSteady && this.disputedMs === 0)
      expect(ageMs, `${first.id}: its key outlives`).to.be.at.most(RETENTION_MS + SECOND_MS);
  }

  async #service(): Promise<void> {
    const id = this.world.nextId();
    const { answer } = await this.world.start({ id, lifecycle: 'service', ttlSeconds: null });
    if (!isRefusal(answer)) this.#add('service', id, LEASE_MS);
  }

  async #heartbeat(index: number): Promise<void> {
    const service = this.#latest('service', index);
    if (!service) return;
    const { answer } = await this.world.execute('session.heartbeat', heartbeatInput({ id: service.id }));
    if (isRefusal(answer)) return;
    service.heardMs = this.heardMs;
    service.heardPauses = this.#pauses;
  }

  async #edge({ from, to, lengthMs, isInstant }: StepOf<'edge'>): Promise<void> {
    const id = this.world.nextId();
    const instant = isInstant ? this.clock.read().latest + lengthMs : null;
    const ends = { sourceSessionId: this.#idOf(from), targetSessionId: this.#idOf(to) };
    const length = isInstant ? { expiresAt: instant, ttlSeconds: null } : { ttlSeconds: lengthMs / SECOND_MS };
    const { answer } = await this.world.execute('edge.create', edgeInput({ id, ...ends, ...length }));
    if (!isRefusal(answer)) this.#add('edge', id, lengthMs, { endsAt: instant ?? this.clock.read().wallAt + lengthMs });
  }

  async #invoke(lengthMs: number): Promise<void> {
    await this.world.execute('service.register', serviceInput({ id: 'sv-1' }));
    const id = this.world.nextId();
    await this.world.execute('invocation.create', invocationInput({ id, timeoutMs: lengthMs, attemptsMax: 1 }));
    const { answer } = await this.world.execute('invocation.start', { id });
    if (!isRefusal(answer)) this.#add('invocation', id, lengthMs);
  }

  async #register(lengthMs: number): Promise<void> {
    const name = `app-${this.world.nextId()}`;
    const instant = this.clock.read().latest + lengthMs;
    const input = { table: 'application', name, facts: { registrationMethod: 'managed', expiresAt: instant } } as const;
    const { answer } = await this.world.execute('directory.register', input, { caller: OPERATOR });
    if (!isRefusal(answer)) this.#add('row', name, lengthMs, { endsAt: instant });
  }

  #add(
    kind: Thing['kind'],
    id: string,
    lengthMs: number,
    more: Partial<Pick<Thing, 'key' | 'startedAt' | 'endsAt'>> = {},
  ): void {
    const startedAt = more.startedAt ?? this.clock.now();
    this.things.push({
      kind,
      id,
      lengthMs,
      key: more.key ?? '',
      startedAt,
      endsAt: more.endsAt ?? (startedAt === this.clock.now() ? startedAt + lengthMs : null),
      countedMs: this.countedMs,
      life: this.life,
      believedMs: this.clock.figures.believedMs,
      monotonic: this.host.monotonic(),
      pausedMs: this.#pausedMs,
      pauses: this.#pauses,
      heardMs: this.heardMs,
      heardPauses: this.#pauses,
      endedAt: null,
      isLost: false,
      mayBeGone: false,
      isKeyOld: false,
    });
  }

  async check(): Promise<void> {
    if (this.wasSteady) for (const thing of this.things) age(thing, this.clock.now());
    for (const thing of this.things.slice(-12)) await this.#checks[thing.kind](thing);
  }

  readonly #checks = {
    session: async (thing: Thing) => {
      const { answer } = await this.world.look('session.get', { id: thing.id });
      if (isRefusal(answer)) return this.#gone(thing);
      thing.endedAt = answer.record.context.endedAt;
      if (thing.endedAt === null) this.#expectWithin(thing, 0);
      if (answer.record.context.terminationReason === 'ttl') this.#expectLasted(thing);
      const live = await this.world.look('token.liveness', { agentSessionId: thing.id, delegationEdgeId: null });
      if (isRefusal(live.answer)) throw new Error(live.answer.code);
      if (live.answer.reason === null) this.#expectNotOver(thing);
    },
    service: async (thing: Thing) => {
      const { answer } = await this.world.look('session.get', { id: thing.id });
      if (isRefusal(answer)) return this.#gone(thing);
      const { state, context } = answer.record;
      thing.endedAt = context.endedAt;
      const silentMs = this.heardMs - Math.max(thing.heardMs, this.heardMsAtStart);
      if (state === 'active') {
        const mostMs = LEASE_MS + SECOND_MS + this.#graceMs(thing.heardPauses) + slewMs(silentMs);
        expect(silentMs, `${thing.id}: its lease outlives`).to.be.at.most(mostMs);
      }
      const isLost = context.holdReason === 'service_heartbeat_lost';
      if (isLost && !thing.isLost)
        expect(silentMs, `${thing.id}: its lease is lost early`).to.be.at.least(LEASE_MS - SECOND_MS);
      thing.isLost = isLost;
    },
    edge: async (thing: Thing) => {
      const input = { agentSessionId: null, delegationEdgeId: thing.id };
      const { answer } = await this.world.look('token.liveness', input);
      if (isRefusal(answer)) throw new Error(answer.code);
      if (answer.reason === null) this.#expectWithin(thing, 0);
      if (answer.reason === null) this.#expectNotOver(thing);
    },
    invocation: async (thing: Thing) => {
      const { answer } = await this.world.look('invocation.get', { id: thing.id });
      if (isRefusal(answer)) return;
      const isRunning = answer.record.context.deadlineAt !== null;
      const pausedMs = this.#pausedMs - thing.pausedMs;
      if (isRunning) return this.#expectWithin(thing, pausedMs + this.#graceMs(thing.pauses));
      if (thing.life === this.life && thing.endedAt === null)
        expect(this.host.monotonic() - thing.monotonic - pausedMs, `${thing.id}: overran early`).to.be.at.least(
          thing.lengthMs - SECOND_MS,
        );
      thing.endedAt ??= 0;
    },
    row: async (thing: Thing) => {
      const { answer } = await this.world.look('directory.get', { table: 'application', name: thing.id }, OPERATOR);
      if (isRefusal(answer)) throw new Error(answer.code);
      const standing = await this.world.look('caller.standing', {}, callerOf(thing.id));
      if (answer.row.endedAt === null) this.#expectWithin(thing, 0);
      if (!isRefusal(standing.answer)) this.#expectNotOver(thing);
    },
  } satisfies Record<Thing['kind'], (thing: Thing) => Promise<void>>;

  #expectWithin(thing: Thing, moreMs: number): void {
    const ageMs = this.countedMs - thing.countedMs;
    const mostMs = thing.lengthMs + moreMs + SECOND_MS + slewMs(ageMs);
    expect(ageMs, `${thing.kind} ${thing.id} outlives its length`).to.be.at.most(mostMs);
  }

  /** A dispute journals nothing: what has run out in one process, which has followed no step, has had its time. */
  #expectLasted(thing: Thing): void {
    if (thing.life !== this.life || thing.believedMs !== this.clock.figures.believedMs) return;
    const ageMs = this.host.monotonic() - thing.monotonic;
    expect(ageMs, `${thing.id} expired early`).to.be.at.least(thing.lengthMs - slewMs(ageMs) - 1);
  }

  /** Active now, and so over by neither clock: a wall clock that is ahead by less than a step is not another clock. */
  #expectNotOver({ kind, id, endsAt }: Thing): void {
    if (endsAt === null || this.disputedMs === 0) return;
    expect(this.host.wall(), `${kind} ${id} is active past its end`).to.be.below(endsAt);
  }

  #gone(thing: Thing): void {
    expect(thing.mayBeGone, `${thing.id} is deleted early, or under an unsteady clock`).to.equal(true);
  }

  /** What the pauses since then may have been measured too long. */
  #graceMs(pauses: number): number {
    return (this.#pauses - pauses) * (BEAT_MS + DEAF_GRACE_MS);
  }

  #latest(kind: Thing['kind'], index: number): Thing | undefined {
    const things = this.things.filter((thing) => thing.kind === kind).slice(-5);
    return things[index % Math.max(things.length, 1)];
  }

  #idOf(index: number): string {
    return this.#latest('session', index)?.id ?? 'nobody';
  }
}

const callerOf = (applicationId: string): Caller => ({ ...OWNER, applicationId }) as Caller;

describe('a zone under random clocks', () => {
  it('gives everything its own length, deletes nothing early, and replays to the same bytes', async function () {
    this.timeout(0);
    const runs = fc.asyncProperty(
      fc.array(clockStep, { minLength: 10, maxLength: 50, size: 'max' }),
      fc.constantFrom(3, 11, 1_000),
      async (steps, every) => {
        const run = new Run(every);
        for (const each of steps) await run.take(each);
        const served = await replayZone('z1', run.world.store);
        expect(served.divergence).to.equal(null);
        await run.world.zones.drain();
        expect(await replayZone('z1', run.world.store)).to.deep.equal(served);
      },
    );
    await fc.assert(runs, { numRuns: RUNS, seed: seed('clocks') });
  });
});
