// Bounds in bytes of one edge, service, session, invocation or row of the directory, and of all of a zone. Each bound is
// reached, and records that an older version stored beyond it are still read and listed.
import { expect } from 'chai';
import {
  DIRECTORY_BYTES_MAX,
  DIRECTORY_ROW_BYTES_MAX,
  EDGE_BYTES_MAX,
  EDGES_BYTES_MAX,
  PAGE_BYTES_MAX,
  SERVICE_BYTES_MAX,
  SERVICES_BYTES_MAX,
} from '../../src/limits.ts';
import { CHAIN_START, decodeEntry, encodeEntry, sha256 } from '../../src/journal/entry.ts';
import type { Store } from '../../src/journal/journal.ts';
import { openMemoryStore } from '../../src/journal/memory-engine.ts';
import { isRefusal, type CommandInputs, type Page, type Reply } from '../../src/zone/commands.ts';
import type { Situation } from '../../src/zone/decisions/decision.ts';
import { refusedEdges } from '../../src/zone/decisions/edge-create.ts';
import { refusedServices } from '../../src/zone/decisions/service-register.ts';
import { SLICE_BYTES } from '../../src/zone/checkpoints/limits.ts';
import type { ZoneEvent } from '../../src/zone/events.ts';
import { ROW_BYTES } from '../../src/zone/sizes.ts';
import { OWNER, ZoneWorld } from '../world/zone-world.ts';
import { expectSound, turnsUntil } from './stored.ts';

const OPERATOR = { caller: { kind: 'operator' } } as const;
const READER = { ...OWNER, scopes: new Set(['coordinator.admin']) };

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);
const detailsOf = ({ answer }: Reply<object>): unknown => (isRefusal(answer) ? answer.details : null);

const found = <Answer extends object>({ answer }: Reply<Answer>): Answer => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

/** Distinct texts of `bytes` in all, each of at most 256 characters of three bytes. */
const texts = (bytes: number): string[] => {
  const each = 768;
  return Array.from({ length: Math.ceil(bytes / each) }, (_, index) => {
    const left = Math.min(each, bytes - index * each);
    const start = `${index}.`.slice(0, left);
    const wide = Math.floor((left - start.length) / 3);
    return `${start}${'中'.repeat(wide)}`.padEnd(left - wide * 2, 'x');
  });
};

const edgeInput = (id: string, scopes: readonly string[]): CommandInputs['edge.create'] => ({
  id,
  sourceSessionId: 's-a',
  targetSessionId: 's-b',
  issuerApplicationId: 'app-a',
  receiverApplicationId: 'app-a',
  parentEdgeId: null,
  resourceId: 'r',
  scopes,
  constraints: {},
  expiresAt: null,
  ttlSeconds: 3_600,
});

/** The bytes of the names of such an edge. */
const NAMES = 's-a'.length + 's-b'.length + 2 * 'app-a'.length + 2 * 'r'.length;

const withEnds = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map() });
  for (const id of ['s-a', 's-b']) await world.start({ id });
  return world;
};

describe('an edge', () => {
  it('carries 64 KiB of scopes, resources and names, and not one byte more', async () => {
    const world = await withEnds();
    const fitting = EDGE_BYTES_MAX - NAMES;
    expect(codeOf(await world.execute('edge.create', edgeInput('e-a', texts(fitting))))).to.equal(null);
    const refused = await world.execute('edge.create', edgeInput('e-b', texts(fitting + 1)));
    expect(codeOf(refused)).to.equal('invalid_body');
    expect(detailsOf(refused)).to.have.nested.property('issues[0].path').that.deep.equals(['scopes']);
  });

  it('counts among the bytes of its zone from its creation to its end, across a restart', async () => {
    const world = await withEnds();
    await world.start({ id: 's-c' });
    await world.execute('edge.create', { ...edgeInput('e-a', texts(1_000)), targetSessionId: 's-c' });
    await world.execute('edge.create', edgeInput('e-b', texts(2_000)));
    expect(await bytesOf(world)).to.have.property('edge', 3_000 + 2 * NAMES);
    await world.execute('edge.revoke', { id: 'e-a' });
    expect(await bytesOf(world)).to.have.property('edge', 2_000 + NAMES);
    await world.zones.drain();
    world.open();
    expect(await bytesOf(world)).to.have.property('edge', 2_000 + NAMES);
  });

  it('is refused where those of its zone carry as much as they may, until some end', () => {
    const holding = (bytes: number) =>
      refusedEdges({ ...situation, actors: { edges: { count: 1, bytes } } as Situation['actors'] }, 100);
    expect(holding(EDGES_BYTES_MAX - 100)).to.equal(null);
    expect(holding(EDGES_BYTES_MAX - 99)).to.deep.include({ code: 'delegation_zone_limit_exceeded' });
    expect(holding(EDGES_BYTES_MAX - 99)?.details).to.deep.equal({ retryable: true, limit_bytes: EDGES_BYTES_MAX });
  });

  it('is read, listed in pages and revoked where an older version stored more than 64 KiB', async () => {
    const old = await withEnds();
    const count = 50;
    for (let index = 0; index < count; index += 1)
      await old.execute('edge.create', edgeInput(`e-${String(index).padStart(2, '0')}`, ['read']));
    const fat = texts(240 * 1024);
    const store = await rewritten(old, (event) => {
      if (event.type !== 'edge.created') return event;
      return { ...event, facts: { ...event.facts, scopes: fat } };
    });
    const world = new ZoneWorld({ openStore: () => store });
    const pages = await pagesOf(world, (cursor) => world.look('edge.active', { limit: 500, cursor }, READER));
    expect(pages.flat())
      .to.have.length(count)
      .and.to.satisfy((ids: string[]) => new Set(ids).size === count);
    const perPage = Math.floor(PAGE_BYTES_MAX / (240 * 1024 + NAMES + ROW_BYTES));
    expect(pages.map((ids) => ids.length)).to.deep.equal([perPage, count - perPage]);
    const inbound = await pagesOf(world, (cursor) =>
      world.look('edge.inbound', { id: 's-b', limit: 500, cursor }, READER),
    );
    expect(inbound).to.deep.equal(pages);
    expect(found(await world.execute('edge.revoke', { id: 'e-00' })).revoked).to.have.length(count);
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('the effective authority of a session', () => {
  it('is computed over many turns of the event loop, and refused if it is too large for one answer', async () => {
    const world = await withEnds();
    const create = async (index: number) => {
      const resourceId = `${index}`.padEnd(30 * 1024, '.');
      expect(codeOf(await world.execute('edge.create', { ...edgeInput(`e-${index}`, ['read']), resourceId }))).to.equal(
        null,
      );
    };
    const look = () => world.look('session.authority', { id: 's-b' }, READER);
    // The answer names the resource of each edge by its id and by its identifier.
    const fitting = Math.floor(PAGE_BYTES_MAX / (2 * 30 * 1024 + 'e-100'.length));
    for (let index = 0; index < fitting; index += 1) await create(index);
    expect(found(await look()).effective.resourceIds).to.have.length(fitting);
    expect(await turnsUntil(look())).to.be.at.least(PAGE_BYTES_MAX / 2 / SLICE_BYTES);
    await create(fitting);
    const refused = await look();
    expect(codeOf(refused)).to.equal('authority_too_large');
    expect(detailsOf(refused)).to.have.property('limit_bytes', PAGE_BYTES_MAX);
  });

  it('is that of the moment of the request', async () => {
    const world = await withEnds();
    for (let index = 0; index < 300; index += 1)
      await world.execute('edge.create', edgeInput(`e-${index}`, ['read', 'write']));
    const asked = world.look('session.authority', { id: 's-b' }, READER);
    const narrowing = world.execute('edge.create', edgeInput('e-more', ['read']));
    const { inbound, effective } = found(await asked);
    expect([inbound.length, effective.scopes]).to.deep.equal([300, ['read', 'write']]);
    await narrowing;
    expect(found(await world.look('session.authority', { id: 's-b' }, READER)).effective.scopes).to.deep.equal([
      'read',
    ]);
  });
});

const situation = { now: 0, nextDueAt: () => null } as unknown as Situation;
describe('a service agent', () => {
  const register = (capabilities: readonly string[], id = 'v-a'): CommandInputs['service.register'] => ({
    id,
    applicationId: 'app-a',
    endpointUrl: 'https://a.example',
    protocolVersions: [],
    frameworkName: null,
    frameworkVersion: null,
    capabilities,
    metadata: {},
  });
  const OWN = 'app-a'.length + 'https://a.example'.length;

  it('registers 64 KiB in addition to its metadata, and not one byte more', async () => {
    const world = new ZoneWorld();
    const fitting = SERVICE_BYTES_MAX - OWN;
    expect(codeOf(await world.execute('service.register', register(texts(fitting))))).to.equal(null);
    expect(codeOf(await world.execute('service.register', register(texts(fitting + 1))))).to.equal('invalid_body');
  });

  it('counts with what it registered last', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.execute('service.register', register(texts(5_000)));
    await world.execute('service.register', register(texts(100)));
    expect(await bytesOf(world)).to.have.property('service', 100 + OWN);
    await world.zones.drain();
    world.open();
    expect(await bytesOf(world)).to.have.property('service', 100 + OWN);
  });

  it('is refused where those of its zone carry as much as they may, but for one that carries less than before', () => {
    const full = (replaced?: number) => refusedServices(SERVICES_BYTES_MAX, 100, replaced)?.code ?? null;
    expect([full(), full(99), full(100)]).to.deep.equal([
      'service_zone_limit_exceeded',
      'service_zone_limit_exceeded',
      null,
    ]);
  });
});

describe('a session and an invocation', () => {
  it('count with their labels, names and keys for as long as they live', async () => {
    const world = new ZoneWorld();
    await world.start({ id: 's-a', labels: ['ab', 'cde'] });
    expect(await bytesOf(world)).to.have.property('session', 5 + 'app-a'.length + 'user-1'.length);
    await world.execute('session.terminate', { id: 's-a', reason: 'done' });
    expect(await bytesOf(world)).to.have.property('session', 0);
  });
});

describe('a row of the directory', () => {
  const register = (world: ZoneWorld, name: string, scopes: readonly string[]) => {
    const facts = { identifier: 'i', applicationId: 'a', scopes };
    return world.execute('directory.register', { table: 'resource', name, facts }, OPERATOR);
  };
  const OWN = 'r-a'.length + 2;

  it('carries 64 KiB, and not one byte more', async () => {
    const world = new ZoneWorld();
    const fitting = DIRECTORY_ROW_BYTES_MAX - OWN;
    expect(codeOf(await register(world, 'r-a', texts(fitting)))).to.equal(null);
    expect(codeOf(await register(world, 'r-b', texts(fitting + 1)))).to.equal('invalid_body');
  });

  it('is refused where the directory carries as much as it may, but for one that carries less than before', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    const count = Math.floor(DIRECTORY_BYTES_MAX / DIRECTORY_ROW_BYTES_MAX);
    const scopes = texts(DIRECTORY_ROW_BYTES_MAX - OWN - 3);
    for (let index = 0; index < count; index += 1)
      expect(codeOf(await register(world, `r-${1000 + index}`, scopes))).to.equal(null);
    const refused = await register(world, 'r-b', texts(5_000));
    expect(codeOf(refused)).to.equal('directory_limit_exceeded');
    expect(detailsOf(refused)).to.deep.equal({ retryable: false, limit_bytes: DIRECTORY_BYTES_MAX });
    expect(codeOf(await register(world, 'r-1000', texts(100)))).to.equal(null);
    expect(codeOf(await register(world, 'r-b', texts(5_000)))).to.equal(null);
    const before = await bytesOf(world);
    await world.zones.drain();
    await expectSound(world.store);
    world.open();
    expect(await bytesOf(world)).to.deep.equal(before);
    const pages = await pagesOf(world, (cursor) =>
      world.look('directory.list', { table: 'resource', limit: 500, cursor }, READER),
    );
    expect(pages.flat()).to.have.length(count + 1);
    expect(pages.length).to.be.at.least(2);
  });
});

/** Bytes that the zone holds by kind, once it is awake. */
async function bytesOf(world: ZoneWorld) {
  await world.look('caller.standing', {});
  return (await world.zones.get('z1')).figures.bytes;
}

/** The ids of every page of a list. */
async function pagesOf(
  world: ZoneWorld,
  look: (cursor: string | null) => Promise<Reply<Page<{ readonly record: { readonly id: string } }>>>,
): Promise<string[][]> {
  expect(world.zones.faulted()).to.deep.equal([]);
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page: Page<{ readonly record: { readonly id: string } }> = found(await look(cursor));
    pages.push(page.items.map(({ record }) => record.id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
}

/** The journal of a world with other events, chained as if they had always been so, and nothing else. */
async function rewritten(from: ZoneWorld, alter: (event: ZoneEvent) => ZoneEvent): Promise<Store> {
  await from.zones.drain();
  const store = openMemoryStore();
  const writer = await store.journal.open('z1', { atLeast: 0 });
  let prev = CHAIN_START;
  for await (const { seq, data, body } of from.store.journal.read('z1', 1)) {
    const entry = decodeEntry<ZoneEvent>(data, { zone: 'z1', seq });
    const altered = encodeEntry({ ...entry, event: alter(entry.event), prev });
    prev = sha256(altered);
    await writer.append({ seq, data: altered, body });
  }
  await writer.close();
  return store;
}
