// Random rows of a directory, put, put again, removed and lapsing, under sessions that stand on them and edges between these:
// at every moment as the oracle says, and the same bytes whether the zone is read from its checkpoint or from its journal.
import { expect } from 'chai';
import fc from 'fast-check';
import type { BearerCaller, Caller } from '../../src/authority/caller.ts';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal, type CommandInputs, type Page, type Reply } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { topLevelOf } from '../../src/zone/status-words.ts';
import { seed } from '../world/seed.ts';
import { OWNER, startInput, ZoneWorld } from '../world/zone-world.ts';
import { DirectoryOracle, identifierOf, type Row, type Table } from './directory-oracle.ts';
import { edgeInput } from './inputs.ts';
import { journalAlone, recovered } from './recovered.ts';
import { entriesFrom, expectSound } from './stored.ts';

const APPLICATIONS = ['app-a', 'app-b'];
const SUBJECTS = ['user-1', 'user-2'];
const RESOURCES = ['files', 'mail'];
const NAMES = { application: APPLICATIONS, 'subject-session': SUBJECTS, resource: RESOURCES } as const;
const RIGHTS = ['spawn_for', 'spawn_under', 'delegate_from'] as const;

/** Somebody whom the directory never knows of. */
const CALLER: Caller = {
  ...(OWNER as BearerCaller),
  applicationId: 'looker',
  subjectSessionId: null,
  scopes: new Set([
    'coordinator.admin',
    ...APPLICATIONS.flatMap((app) => RIGHTS.map((right) => `coordinator.${right}:${app}`)),
  ]),
};
const OPERATOR: Caller = { kind: 'operator' };
const PAGE = { limit: 500, cursor: null };

const index = fc.nat({ max: 5 });
const table = fc.constantFrom<Table[]>('application', 'subject-session', 'resource');
const scopes = fc.subarray(['read', 'write'], { minLength: 1 });
const of = <const Name extends string, Fields extends object>(
  weight: number,
  name: Name,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
) => ({ weight, arbitrary: fc.record({ do: fc.constant(name), ...fields }) as fc.Arbitrary<{ do: Name } & Fields> });

const step = fc.oneof(
  of(8, 'start', {
    application: fc.constantFrom(...APPLICATIONS),
    subject: fc.constantFrom(...SUBJECTS),
    under: fc.option(index, { freq: 3 }),
    ttl: fc.constantFrom(1, 5, 3_600, 3_600),
  }),
  of(10, 'create', {
    from: index,
    to: index,
    resource: fc.constantFrom(...RESOURCES),
    scopes,
    hops: fc.integer({ min: 1, max: 5 }),
    lastsMs: fc.constantFrom(500, 5_000, 60_000),
  }),
  of(5, 'put', {
    table,
    name: fc.nat({ max: 1 }),
    // In the past, at this very moment, soon, or never.
    inMs: fc.constantFrom(-1_000, 0, 500, 5_000, 5_000, null),
    dcr: fc.boolean(),
    owner: fc.constantFrom(...APPLICATIONS),
    scopes,
  }),
  of(2, 'remove', { table, name: fc.nat({ max: 1 }) }),
  of(1, 'revoke', { which: index }),
  of(2, 'suspend', { which: index }),
  of(2, 'resume', { which: index }),
  of(1, 'terminate', { which: index }),
  of(2, 'wait', { ms: fc.constantFrom(1, 499, 500, 4_500) }),
  of(1, 'restart', {}),
  of(1, 'crash', {}),
);
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);
const itemsOf = <Item>({ answer }: Reply<Page<Item>>): readonly Item[] => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer.items;
};

class Run {
  readonly #contents: MemoryContents = new Map();
  readonly world: ZoneWorld;
  readonly #oracle: DirectoryOracle;
  readonly #sessions: string[] = [];
  readonly #edges: string[] = [];

  constructor(every: number) {
    this.world = new ZoneWorld({ contents: this.#contents, checkpointEveryEntries: every });
    this.#oracle = new DirectoryOracle(this.world.clock.now());
  }

  async take(given: Step): Promise<void> {
    const { world } = this;
    this.#oracle.passTo(world.clock.now());
    switch (given.do) {
      case 'wait':
        return world.clock.advance(given.ms);
      case 'restart':
        await world.zones.drain();
        world.open();
        return this.checkRecovery();
      case 'crash':
        world.open();
        return this.checkRecovery();
      default: {
        const [reply, expected] = await this.#carryOut(given);
        expect([given, codeOf(reply)]).to.deep.equal([given, expected]);
      }
    }
  }

  async check(): Promise<void> {
    const { world } = this;
    const { graph, rows } = this.#oracle;
    this.#oracle.passTo(world.clock.now());
    const filter = { ...PAGE, status: null, lifecycle: null, applicationId: null, label: null };
    const sessions = itemsOf(await world.look('session.list', filter, CALLER)).map(({ record }) => {
      return [record.id, topLevelOf(record.state), record.context.terminationReason] as const;
    });
    const wanted = [...graph.sessions].map(([id, { ended }]) => {
      return [id, ended === null ? (graph.isSuspended(id) ? 'suspended' : 'active') : 'terminated', ended] as const;
    });
    expect(sessions.toSorted(byId)).to.deep.equal(wanted.toSorted(byId));
    const active = itemsOf(await world.look('edge.active', PAGE, OPERATOR)).map(({ record }) => record.id);
    const standing = [...graph.edges].filter(([, { status }]) => status === 'active').map(([id]) => id);
    expect(active.toSorted()).to.deep.equal(standing.toSorted());
    for (const each of ['application', 'subject-session', 'resource'] as const) {
      const items = itemsOf(await world.look('directory.list', { ...PAGE, table: each }, OPERATOR));
      const known = items.map(({ record, row }) => [record.id, row.registeredAt, row.endedAt] as const);
      const told = [...rows[each]].map(([name, row]) => [name, row.registeredAt, row.endedAt] as const);
      expect(known.toSorted(byId), each).to.deep.equal(told.toSorted(byId));
    }
  }

  async checkRecovery(): Promise<void> {
    if (!this.#contents.has('z1')) return;
    expect(await recovered(this.world.store)).to.deep.equal(await recovered(journalAlone(this.#contents)));
  }

  /** Every edge there ever was, by its end, and a journal whose time never runs backwards. */
  async checkAll(): Promise<void> {
    const { graph } = this.#oracle;
    for (const id of graph.sessions.keys()) {
      const items = itemsOf(await this.world.look('edge.inbound', { ...PAGE, id }, OPERATOR));
      const seen = items.map(({ record }) => [record.id, topLevelOf(record.state)] as const);
      const told = [...graph.edges]
        .filter(([, { target }]) => target === id)
        .map(([edge, { status }]) => [edge, status] as const);
      expect(seen.toSorted(byId)).to.deep.equal(told.toSorted(byId));
    }
    const instants = this.#contents.has('z1') ? (await entriesFrom(this.world.store, 1)).map(({ at }) => at) : [];
    expect(instants).to.deep.equal(instants.toSorted((a, b) => a - b));
  }

  async #carryOut(given: Exclude<Step, { do: 'wait' | 'restart' | 'crash' }>): Promise<[Reply<object>, string | null]> {
    const { world } = this;
    const oracle = this.#oracle;
    switch (given.do) {
      case 'start':
        return this.#start(given);
      case 'create':
        return this.#create(given);
      case 'put': {
        const name = NAMES[given.table][given.name] ?? '';
        const at = given.inMs === null ? null : world.clock.now() + given.inMs;
        // Only applications may last for ever, and resources always do.
        const expiresAt = given.table === 'resource' ? null : given.table === 'application' ? at : (at ?? FAR);
        const row = { ...given, expiresAt, dcr: given.table === 'application' && given.dcr };
        const input = { table: given.table, name, facts: factsOf(given.table, name, row) };
        const reply = await world.execute('directory.register', input, { caller: OPERATOR });
        oracle.register(given.table, name, row);
        return [reply, null];
      }
      case 'remove': {
        const input = { table: given.table, name: NAMES[given.table][given.name] ?? '' };
        const reply = await world.execute('directory.archive', input, { caller: OPERATOR });
        return [reply, oracle.archive(input.table, input.name)];
      }
      case 'revoke': {
        const id = pick(this.#edges, given.which);
        return [await world.execute('edge.revoke', { id }, { caller: CALLER }), oracle.graph.revoke(id)];
      }
      case 'terminate': {
        const id = pick(this.#sessions, given.which);
        const reply = await world.execute('session.terminate', { id, reason: 'done' }, { caller: CALLER });
        return [reply, oracle.graph.terminate(id)];
      }
      default: {
        const id = pick(this.#sessions, given.which);
        const reply = await world.execute(`session.${given.do}`, { id }, { caller: CALLER });
        if (codeOf(reply) === null) oracle.graph.hold(id, given.do === 'suspend');
        return [reply, codeOf(reply)];
      }
    }
  }

  async #start(given: Extract<Step, { do: 'start' }>): Promise<[Reply<object>, string | null]> {
    const [id, edgeId] = [this.world.nextId(), this.world.nextId()];
    const parentId = given.under === null ? null : pick(this.#sessions, given.under);
    const { application, subject, ttl } = given;
    const fields = { id, edgeId, parentId, applicationId: application, subjectSessionId: subject, ttlSeconds: ttl };
    const reply = await this.world.execute('session.start', startInput(fields), { caller: CALLER });
    const expected = this.#oracle.start(id, { application, subject }, parentId, ttl * 1_000, edgeId);
    if (expected === null) this.#sessions.push(id);
    if (this.#oracle.graph.edges.has(edgeId)) this.#edges.push(edgeId);
    return [reply, expected];
  }

  async #create(given: Extract<Step, { do: 'create' }>): Promise<[Reply<object>, string | null]> {
    const id = this.world.nextId();
    const ends = { sourceSessionId: pick(this.#sessions, given.from), targetSessionId: pick(this.#sessions, given.to) };
    const issuerApplicationId = this.#oracle.applicationOf(ends.sourceSessionId);
    const receiverApplicationId = this.#oracle.applicationOf(ends.targetSessionId);
    const expiresAt = this.world.clock.now() + given.lastsMs;
    const terms = { resourceId: given.resource, scopes: given.scopes, expiresAt, ttlSeconds: null };
    const constraints = { max_hops: given.hops };
    const input = edgeInput({ id, ...ends, issuerApplicationId, receiverApplicationId, ...terms, constraints });
    const reply = await this.world.execute('edge.create', input, { caller: CALLER });
    const grant = { scopes: given.scopes, hops: given.hops, ttl: null, budget: null, expiresAt };
    const { sourceSessionId: source, targetSessionId: target } = ends;
    const expected =
      issuerApplicationId === 'nobody'
        ? 'issuer_ownership_required'
        : this.#oracle.create(id, source, target, given.resource, grant);
    if (expected === null) this.#edges.push(id);
    return [reply, expected];
  }
}

const FAR = Date.UTC(2100, 0, 1);

const factsOf = (table: Table, name: string, { expiresAt, dcr, owner, scopes: offered }: Row) => {
  const facts = {
    application: { registrationMethod: dcr ? 'dcr' : 'managed', expiresAt },
    'subject-session': { sessionType: 'user', expiresAt },
    resource: { identifier: identifierOf(name), applicationId: owner, scopes: offered },
  };
  return facts[table] as CommandInputs['directory.register']['facts'];
};

/** One of the last few. */
const pick = (ids: readonly string[], which: number): string =>
  ids.at(-1 - (which % Math.max(ids.length, 1))) ?? 'nobody';

const byId = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]): number => (a < b ? -1 : 1);

describe('a directory under random commands', () => {
  it('ends what stands on it as the contract says, and is read from disk in either way as the same', async function () {
    this.timeout(180_000);
    const runs = fc.asyncProperty(
      fc.array(step, { minLength: 15, maxLength: 50, size: 'max' }),
      fc.constantFrom(3, 1_000),
      async (steps, every) => {
        const run = new Run(every);
        for (const each of steps) {
          await run.take(each);
          await run.check();
        }
        await run.checkAll();
        const served = await replayZone('z1', run.world.store);
        expect(served.divergence).to.equal(null);
        await run.world.zones.drain();
        expect(await replayZone('z1', run.world.store)).to.deep.equal(served);
        await run.checkRecovery();
        await expectSound(run.world.store);
      },
    );
    await fc.assert(runs, { numRuns: 300, seed: seed('directory') });
  });
});
