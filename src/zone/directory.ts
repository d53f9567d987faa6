// What a zone has been told of the applications, subject sessions and resources that others keep: a store of its own, whose
// changes are entries of the journal like any other. In an open directory what is not registered is taken as it is named;
// in a closed one it is refused. What has ended (archived, or past its time) stays known as ended.
import { createStore } from '@xstate/store';
import { Index } from './actors/indexes.ts';
import { OrderedIds } from './actors/ordered-ids.ts';
import { hasEnded } from '../authority/end-instants.ts';
import { registeredBytes } from './sizes.ts';
import type { AuthorityTime } from '../time/zone-time.ts';
import type { Instant, Stamp } from '../../machines/words.ts';

interface Registered {
  /** The last entry that changed the row. */
  readonly seq: number;
  readonly registeredAt: Instant;
  /** When it was archived or its time ran out; null while it counts. */
  readonly endedAt: Instant | null;
  /** When the name was last archived, by the wall clock as far as it was believed; null if never. A new registration keeps it. */
  readonly archivedAt: Instant | null;
}

export interface ApplicationFacts {
  readonly registrationMethod: 'managed' | 'dcr';
  readonly expiresAt: Instant | null;
  /** The end by the clock of callers; absent if equal to `expiresAt`. */
  readonly callersExpiresAt?: Instant;
}

export interface SubjectSessionFacts {
  readonly sessionType: 'user' | 'application';
  readonly expiresAt: Instant;
  /** The end by the clock of callers; absent if equal to `expiresAt`. */
  readonly callersExpiresAt?: Instant;
}

export interface ResourceFacts {
  readonly identifier: string;
  readonly applicationId: string;
  readonly scopes: readonly string[];
}

/** What can be registered, and what is known of each. */
export interface DirectoryFacts {
  readonly application: ApplicationFacts;
  readonly 'subject-session': SubjectSessionFacts;
  readonly resource: ResourceFacts;
}

export type DirectoryTable = keyof DirectoryFacts;
export type DirectoryRow<Table extends DirectoryTable> = DirectoryFacts[Table] & Registered;

type Registration<Table extends DirectoryTable> = {
  readonly type: 'directory.registered';
  readonly v: 1;
  readonly table: Table;
  readonly name: string;
  readonly facts: DirectoryFacts[Table];
};

interface Ending {
  /** Archived by an operator, or lapsed when its time had run out. */
  readonly type: 'directory.archived' | 'directory.lapsed';
  readonly v: 1;
  readonly table: DirectoryTable;
  readonly name: string;
  /** The believed wall clock at an archive, if it is not the instant of the entry: the zone was ahead of it. */
  readonly wallAt?: Instant;
}

export type DirectoryEvent = { [Table in DirectoryTable]: Registration<Table> }[DirectoryTable] | Ending;

export const isDirectoryEvent = (event: { readonly type: string }): event is DirectoryEvent =>
  event.type.startsWith('directory.');

/** One text for the table and the name of a row. */
export const rowId = (table: DirectoryTable, name: string): string => `${table}/${name}`;

/** The table and the name in such a text; a name may contain slashes. */
export const readRowId = (id: string): { readonly table: DirectoryTable; readonly name: string } => {
  const end = id.indexOf('/');
  return { table: id.slice(0, end) as DirectoryTable, name: id.slice(end + 1) };
};

type Tables = { readonly [Table in DirectoryTable]: Map<string, DirectoryRow<Table>> };

export const DIRECTORY_TABLES = ['application', 'subject-session', 'resource'] as const satisfies DirectoryTable[];

const nothing = (): Tables => ({ application: new Map(), 'subject-session': new Map(), resource: new Map() });

// Rows are kept in place: a table is as large as ten thousand of them, and many may lapse at one instant.
const registered = (
  tables: Tables,
  { table, name, facts }: Registration<DirectoryTable>,
  { at, seq }: Stamp,
): Tables => {
  const rows = tables[table] as Map<string, Registered>;
  const archivedAt = rows.get(name)?.archivedAt ?? null;
  rows.set(name, { ...facts, seq, registeredAt: at, endedAt: null, archivedAt });
  return { ...tables };
};

const ended = (tables: Tables, { type, table, name, wallAt }: Ending, { at, seq }: Stamp): Tables => {
  const rows = tables[table] as Map<string, Registered>;
  const row = rows.get(name);
  const archivedAt = type === 'directory.archived' ? (wallAt ?? at) : (row?.archivedAt ?? null);
  if (row) rows.set(name, { ...row, seq, endedAt: at, archivedAt });
  return { ...tables };
};

const createTables = () =>
  createStore({
    context: nothing(),
    on: {
      happened: (tables, { event, stamp }: { readonly event: DirectoryEvent; readonly stamp: Stamp }) =>
        event.type === 'directory.registered' ? registered(tables, event, stamp) : ended(tables, event, stamp),
      restored: (tables, { table, name, row }: { table: DirectoryTable; name: string; row: Registered }) => {
        (tables[table] as Map<string, Registered>).set(name, row);
        return { ...tables };
      },
    },
  });

export class Directory {
  readonly #store = createTables();
  /** Ids of resources by their identifier. */
  readonly #identified = new Index();
  /** Names of each table in byte order. */
  readonly #order = { application: new OrderedIds(), 'subject-session': new OrderedIds(), resource: new OrderedIds() };
  #bytes = 0;

  happened(event: DirectoryEvent, stamp: Stamp): void {
    const { table, name } = event;
    if (event.type === 'directory.registered') {
      this.#bytes += registeredBytes(name, event.facts) - this.bytesOf(table, name);
      this.#order[table].add(name);
      if (event.table === 'resource') this.#identify(name, event.facts.identifier);
    }
    this.#store.trigger.happened({ event, stamp });
  }

  /** Bytes of names and facts of all rows. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The bytes of one row; 0 if there is none. */
  bytesOf(table: DirectoryTable, name: string): number {
    const row = this.row(table, name);
    return row ? registeredBytes(name, row) : 0;
  }

  row<Table extends DirectoryTable>(table: Table, name: string): DirectoryRow<Table> | undefined {
    return this.#tables[table].get(name);
  }

  /** Names below `before`, the greatest first, with what is known of each. */
  *descending<Table extends DirectoryTable>(
    table: Table,
    before: string | null,
  ): Generator<{ readonly name: string; readonly row: DirectoryRow<Table> }> {
    for (const name of this.#order[table].descending(before ?? undefined)) {
      const row = this.#tables[table].get(name);
      if (row) yield { name, row };
    }
  }

  /**
   * The resource of that id or that identifier. Of several that share an identifier those count that have not ended, of
   * those the ones that `owner` owns, and of those the one of the least id.
   */
  resource(name: string, owner: string): DirectoryRow<'resource'> | undefined {
    return this.#tables.resource.get(this.resourceId(name, owner));
  }

  /** Returns the id of the resource that has this id or identifier; `name` itself if none has. */
  resourceId(name: string, owner: string): string {
    const { resource } = this.#tables;
    if (resource.has(name)) return name;
    const ids = [...this.#identified.of(name)].toSorted();
    const open = ids.filter((id) => resource.get(id)?.endedAt === null);
    return open.find((id) => resource.get(id)?.applicationId === owner) ?? open[0] ?? ids[0] ?? name;
  }

  get count(): number {
    return DIRECTORY_TABLES.reduce((count, table) => count + this.#tables[table].size, 0);
  }

  get #tables(): Tables {
    return this.#store.getSnapshot().context;
  }

  /** Adds a row as a checkpoint stored it. */
  restore(table: DirectoryTable, name: string, row: DirectoryRow<DirectoryTable>): void {
    this.#bytes += registeredBytes(name, row);
    this.#order[table].add(name);
    if ('identifier' in row) this.#identify(name, row.identifier);
    this.#store.trigger.restored({ table, name, row });
  }

  #identify(id: string, identifier: string): void {
    const before = this.#tables.resource.get(id);
    if (before) this.#identified.delete(before.identifier, id);
    this.#identified.add(identifier, id);
  }
}

/**
 * When a row ends by itself; null for never, or when it has ended. Never before it was registered: what stands on it would
 * end in the zone's past, before it began and old enough to be forgotten.
 */
export const lapseOf = (row: DirectoryRow<DirectoryTable>): Instant | null =>
  row.endedAt === null && 'expiresAt' in row && row.expiresAt !== null
    ? Math.max(row.expiresAt, row.registeredAt)
    : null;

/** Returns whether the end of a row has passed, journaled or not. */
export const hasRowEnded = (row: DirectoryRow<DirectoryTable>, at: AuthorityTime): boolean =>
  row.endedAt === null && 'expiresAt' in row && hasEnded({ ...row, expiresAt: lapseOf(row) }, at);
