// Random graphs of delegated authority: edges, sessions and effective authority are at every moment as the oracle says, what
// was refused is refused for the same reasons, and looking at what a revocation would do predicts exactly what it does.
import { expect } from 'chai';
import fc from 'fast-check';
import type { Caller } from '../../src/authority/caller.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { topLevelOf } from '../../src/zone/status-words.ts';
import { seed } from '../world/seed.ts';
import { OWNER, ZoneWorld } from '../world/zone-world.ts';
import { GraphOracle, type Grant } from './graph-oracle.ts';
import { invocationInput, serviceInput } from './inputs.ts';

/** 200 take some 13 s of processor time; the long run takes 2,000 with `GRAPH_HISTORIES=2000`. */
const HISTORIES = Number(process.env['GRAPH_HISTORIES'] ?? 200);

const CALLER: Caller = {
  ...(OWNER as Extract<Caller, { kind: 'bearer' }>),
  scopes: new Set(['coordinator.delegate_broad']),
};

// Without the bias to small numbers, which would name one session as both ends of most edges.
const index = fc.noBias(fc.nat({ max: 5 }));
const maybe = <T>(given: fc.Arbitrary<T>) => fc.option(given, { freq: 2 });
const rarely = <T>(given: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: given });
const grants = fc.record({
  scopes: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
  resources: maybe(fc.subarray(['r1', 'r2', 'r3'], { minLength: 1 })),
  hops: maybe(fc.integer({ min: 1, max: 5 })),
  ttl: maybe(fc.constantFrom(10, 20)),
  budget: maybe(fc.integer({ min: 1, max: 4 })),
  lastsMs: fc.constantFrom(0, 500, 5_000, 60_000),
});

type Step =
  | { do: 'start'; under: number | null; ttl: number | null; inherit: number | 'inherit' | 'none' | null }
  | {
      do: 'create';
      from: number;
      to: number;
      parent: number | null;
      grant: Omit<Grant, 'expiresAt'> & { lastsMs: number };
    }
  | { do: 'revoke' | 'suspend' | 'resume' | 'terminate'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'restart' | 'crash' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('start' as const),
      under: fc.option(index, { freq: 3 }),
      ttl: rarely(fc.constantFrom(1, 30)),
      inherit: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(null, null, 'inherit' as const, 'none' as const) },
        { weight: 1, arbitrary: index },
      ),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      from: index,
      to: index,
      parent: rarely(index),
      grant: grants,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke' as const), which: index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('suspend' as const, 'resume' as const), which: index }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('terminate' as const), which: index }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 499, 5_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'crash' as const) }) },
);

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);
const found = <Answer extends object>({ answer }: Reply<Answer>): Answer => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

class Run {
  readonly world: ZoneWorld;
  #oracle: GraphOracle;
  readonly #sessions: string[] = [];
  readonly #edges: string[] = [];

  constructor(every: number) {
    this.world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries: every });
    this.#oracle = new GraphOracle(this.world.clock.now());
  }

  async begin(): Promise<void> {
    await this.world.execute('service.register', serviceInput({ id: 'sv-1' }));
    for (const under of [null, null, null, 0]) await this.#start({ do: 'start', under, ttl: null, inherit: null });
  }

  async take(given: Step): Promise<void> {
    this.#oracle.passTo(this.world.clock.now());
    switch (given.do) {
      case 'start':
        return this.#start(given);
      case 'create':
        return this.#create(given);
      case 'revoke':
        return this.#revoke(this.#edge(given.which));
      case 'terminate': {
        const id = this.#session(given.which);
        const reply = await this.world.execute('session.terminate', { id, reason: 'done' });
        return void expect(codeOf(reply)).to.equal(this.#oracle.terminate(id));
      }
      case 'wait':
        return this.world.clock.advance(given.ms);
      case 'restart':
        await this.world.zones.drain();
        return this.world.open();
      case 'crash':
        return this.world.open();
      default: {
        const id = this.#session(given.which);
        const reply = await this.world.execute(`session.${given.do}`, { id });
        if (codeOf(reply) === null) this.#oracle.hold(id, given.do === 'suspend');
      }
    }
  }

  async check(): Promise<void> {
    const { world } = this;
    const oracle = this.#oracle;
    oracle.passTo(world.clock.now());
    for (const id of oracle.sessions.keys()) {
      const { inbound, effective, session } = found(await world.look('session.authority', { id }));
      expect([id, session.context.terminationReason]).to.deep.equal([id, oracle.sessions.get(id)?.ended ?? null]);
      expect(inbound.map((edge) => edge.id).toSorted()).to.deep.equal(
        oracle
          .inbound(id)
          .map(([edge]) => edge)
          .toSorted(),
      );
      const authority = oracle.sessions.get(id)?.ended === null ? oracle.authority(id) : session.context.authority;
      expect([id, session.context.authority]).to.deep.equal([id, authority]);
      const { scopes, hops, expiresAt } = oracle.effective(id);
      expect([id, effective.scopes, effective.maxHops, effective.expiresAt]).to.deep.equal([
        id,
        scopes,
        hops,
        expiresAt,
      ]);
      const { items } = found(await world.look('edge.inbound', { id, limit: 500, cursor: null }));
      const seen = new Map(items.map(({ record }) => [record.id, topLevelOf(record.state) as string]));
      const expected = [...oracle.edges]
        .filter(([, { target }]) => target === id)
        .map(([edge, { status }]) => [edge, status] as const);
      expect(seen).to.deep.equal(new Map(expected));
    }
    for (const [id, { source, target, status }] of oracle.edges) {
      if (status !== 'active') continue;
      expect(oracle.fault(id), `edge ${id} is within what a line of live edges allows`).to.equal(null);
      expect(oracle.reached(target).has(source), `edge ${id} closes a circle`).to.equal(false);
      expect([source, target].map((each) => oracle.sessions.get(each)?.ended)).to.deep.equal([null, null]);
    }
  }

  async #start({ under, ttl, inherit }: Extract<Step, { do: 'start' }>): Promise<void> {
    const [id, edgeId] = [this.world.nextId(), this.world.nextId()];
    const parentId = under === null ? null : this.#session(under);
    const wanted = typeof inherit === 'number' ? (parentId === null ? null : { edge: this.#edge(inherit) }) : inherit;
    const reply = await this.world.start({
      id,
      edgeId,
      parentId,
      ttlSeconds: ttl,
      inheritParentEdgeId: wanted !== null && typeof wanted === 'object' ? wanted.edge : null,
      parentAuthority: typeof wanted === 'string' ? wanted : null,
    });
    const expected = this.#oracle.start(id, parentId, ttl === null ? null : ttl * 1_000, wanted, edgeId);
    expect(['start', codeOf(reply)]).to.deep.equal(['start', expected]);
    if (expected !== null) return;
    this.#sessions.push(id);
    if (this.#oracle.edges.has(edgeId)) this.#edges.push(edgeId);
    // Something for a revocation to cancel.
    await this.world.execute('invocation.create', invocationInput({ id: this.world.nextId(), sourceSessionId: id }), {
      key: id,
    });
  }

  async #create({ from, to, parent, grant }: Extract<Step, { do: 'create' }>): Promise<void> {
    const id = this.world.nextId();
    const [source, target] = [this.#session(from), this.#session(to)];
    const parentEdgeId = parent === null ? null : this.#edge(parent);
    const expiresAt = this.world.clock.now() + grant.lastsMs;
    const { resources, hops, ttl, budget } = grant;
    const constraints = { resources, max_hops: hops, ttl_seconds: ttl, budget };
    const parties = { issuerApplicationId: 'app-a', receiverApplicationId: 'app-a' };
    const ends = { sourceSessionId: source, targetSessionId: target, ...parties, parentEdgeId, resourceId: null };
    const input = { id, ...ends, scopes: grant.scopes, constraints, expiresAt, ttlSeconds: null };
    const { answer } = await this.world.execute('edge.create', input, { caller: CALLER });
    const expected = this.#oracle.create(id, source, target, parentEdgeId, { ...grant, expiresAt });
    const exceeds = isRefusal(answer) ? answer.details?.['exceeds'] : undefined;
    expect([isRefusal(answer) ? answer.code : null, exceeds]).to.deep.equal([
      expected?.code ?? null,
      expected?.exceeds,
    ]);
    if (expected === null) this.#edges.push(id);
  }

  /** What is foreseen, what happens, and what the oracle says are one. */
  async #revoke(id: string): Promise<void> {
    const { world } = this;
    const foreseen = await world.look('edge.impact', { id, limit: null, cursor: null });
    const dry = await world.execute('edge.revoke', { id }, { dryRun: true });
    const before = this.#oracle.copy();
    const waiting = await this.#waiting();
    const reply = await world.execute('edge.revoke', { id });
    const expected = this.#oracle.revoke(id);
    expect([codeOf(foreseen), codeOf(dry), codeOf(reply)]).to.deep.equal([expected, expected, expected]);
    if (expected !== null) return;
    const changed = <Each>(was: Map<string, Each>, is: Map<string, Each>, word: (each: Each) => unknown) =>
      [...is]
        .filter(([key, each]) => word(each) !== word(was.get(key) as Each))
        .map(([key]) => key)
        .toSorted();
    const edges = changed(before.edges, this.#oracle.edges, ({ status }) => status);
    const sessions = changed(before.sessions, this.#oracle.sessions, ({ ended }) => ended);
    const impact = found(foreseen);
    const said = [...impact.steps.map((each) => each.id), ...impact.alsoRevoked].toSorted();
    expect([said, impact.ended.toSorted()]).to.deep.equal([edges, sessions]);
    const done = found(reply);
    expect([done.revoked.toSorted(), done.moved.toSorted()]).to.deep.equal([edges, sessions]);
    expect(found(dry).revoked).to.deep.equal(done.revoked);
    const left = new Set(await this.#waiting());
    expect(impact.cancelled.toSorted()).to.deep.equal(waiting.filter((each) => !left.has(each)).toSorted());
  }

  async #waiting(): Promise<string[]> {
    const filter = { status: 'pending', serviceId: null, sessionId: null, limit: 500, cursor: null } as const;
    return found(await this.world.look('invocation.list', filter)).items.map(({ record }) => record.id);
  }

  #session(which: number): string {
    return this.#sessions.slice(-6)[which % Math.max(Math.min(this.#sessions.length, 6), 1)] ?? 'nobody';
  }

  #edge(which: number): string {
    return this.#edges.slice(-6)[which % Math.max(Math.min(this.#edges.length, 6), 1)] ?? 'nobody';
  }
}

describe('delegated authority under random commands', () => {
  it('is at every moment as the contract says, and a revocation is foreseen exactly', async function () {
    this.timeout(600_000);
    const runs = fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
      fc.constantFrom(3, 1_000),
      async (steps, every) => {
        const run = new Run(every);
        await run.begin();
        for (const each of steps) {
          await run.take(each);
          await run.check();
        }
        const served = await replayZone('z1', run.world.store);
        if (served.divergence) throw new Error(JSON.stringify(served.divergence));
        await run.world.zones.drain();
        expect(await replayZone('z1', run.world.store)).to.deep.equal(served);
      },
    );
    await fc.assert(runs, { numRuns: HISTORIES, seed: seed('graph') });
  });
});
