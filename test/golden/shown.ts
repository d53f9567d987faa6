// What callers see of a zone, as the API shows it: what has to stay the same however the inside of the coordinator changes.
import type { Caller } from '../../src/authority/caller.ts';
import { openMemoryStore, type MemoryContents } from '../../src/journal/memory-engine.ts';
import type { Store } from '../../src/journal/journal.ts';
import { authorityView, edgeRow } from '../../src/http/views/delegations.ts';
import { directoryView } from '../../src/http/views/directory.ts';
import { invocationView } from '../../src/http/views/invocations.ts';
import { serviceView } from '../../src/http/views/services.ts';
import { sessionView } from '../../src/http/views/sessions.ts';
import { isRefusal, type Page, type Reply } from '../../src/zone/commands.ts';
import { DIRECTORY_TABLES } from '../../src/zone/directory.ts';
import { ZoneWorld } from '../world/zone-world.ts';

export interface Shown {
  /**
   * Sessions without the fields of their leases, their authority, 1.0's names, and whether their subject is proven:
   * files of earlier versions do not have these fields.
   */
  readonly shown: readonly object[];
  readonly services: readonly object[];
  readonly invocations: readonly object[];
  readonly leases: readonly object[];
  /** Edges by the session they lead to, lapsed ones included. */
  readonly edges: readonly object[];
  /** What each session may do by the edges it holds. */
  readonly authority: readonly object[];
  readonly directory: readonly object[];
}

export interface GoldenRecord {
  readonly data: string;
  readonly body: string | null;
}

const OPERATOR: Caller = { kind: 'operator' };
const PAGE = { limit: 500, cursor: null };
const SESSIONS = { ...PAGE, status: null, lifecycle: null, applicationId: null, label: null };
const INVOCATIONS = { ...PAGE, status: null, serviceId: null, sessionId: null };

// When a lease runs out says when the zone last woke, which is no part of its history.
const WITHOUT_LEASE = { last_heartbeat_at: null, heartbeat_deadline_at: null, lease_generation: null };

/** A store that holds a journal of zone z1 and nothing else. */
export const storeOf = async (
  records: readonly GoldenRecord[],
  contents: MemoryContents = new Map(),
): Promise<Store> => {
  const store = openMemoryStore({ contents });
  const writer = await store.journal.open('z1', { atLeast: 0 });
  for (const { data, body } of records) {
    await writer.append({ seq: writer.next, data: Buffer.from(data), body: body === null ? null : Buffer.from(body) });
  }
  await writer.close();
  return store;
};

/** What a zone shows that wakes from a journal alone. */
export const shownAfter = async (records: readonly GoldenRecord[]): Promise<Shown> => {
  const contents: MemoryContents = new Map();
  await storeOf(records, contents);
  const world = new ZoneWorld({ contents });
  const sessions = itemsOf(await world.look('session.list', SESSIONS)).map((each) => sessionView('z1', each));
  const services = itemsOf(await world.look('service.list', PAGE)).map((each) => serviceView('z1', each));
  const invocations = await Promise.all(
    itemsOf(await world.look('invocation.list', INVOCATIONS)).map(async ({ record: { id } }) => {
      return invocationView('z1', found(await world.look('invocation.get', { id })));
    }),
  );
  const leases = sessions.map(({ agent_session_id: id, last_heartbeat_at: heardAt, lease_generation: generation }) => {
    return { agent_session_id: id, last_heartbeat_at: heardAt, lease_generation: generation };
  });
  const shown = sessions.map((session) => {
    const { authority: _authority, subject_proven: _proven, ...rest } = session;
    const { subject_authority_record_id: _subject, started_at: _start, ...each } = rest;
    return { ...each, ...WITHOUT_LEASE };
  });
  const ids = sessions.map(({ agent_session_id: id }) => id);
  return { shown, services, invocations, leases, ...(await authorityAfter(world, ids)) };
};

const authorityAfter = async (
  world: ZoneWorld,
  sessionIds: readonly string[],
): Promise<Pick<Shown, 'edges' | 'authority' | 'directory'>> => {
  const edges: object[] = [];
  const authority: object[] = [];
  for (const id of sessionIds) {
    const inbound = itemsOf(await world.look('edge.inbound', { ...PAGE, id }, OPERATOR));
    edges.push(...inbound.map((edge) => edgeRow('z1', edge)));
    const { authority: _authority, ...held } = authorityView(found(await world.look('session.authority', { id })));
    authority.push(held);
  }
  const directory: object[] = [];
  for (const table of DIRECTORY_TABLES) {
    const rows = itemsOf(await world.look('directory.list', { ...PAGE, table }, OPERATOR));
    directory.push(...rows.map(({ record, row }) => ({ table, ...directoryView('z1', record.id, row) })));
  }
  return { edges, authority, directory };
};

const found = <Answer extends object>({ answer }: Reply<Answer>): Answer => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

const itemsOf = <Item>(reply: Reply<Page<Item>>): readonly Item[] => found(reply).items;
