// What a zone has been told of the applications, subject sessions and resources that others keep: a store of its own, whose
// changes are entries of the journal like any other. In an open directory what is not registered is taken as it is named;
// in a closed one it is refused. What has ended (archived, or past its time) stays known as ended.
import { createStore } from '@xstate/store';
import type { Instant } from '../../machines/words.ts';

interface Registered {
  readonly registeredAt: Instant;
  /** When it was archived or its time ran out; null while it counts. */
  readonly endedAt: Instant | null;
}

export interface ApplicationFacts {
  readonly registrationMethod: 'managed' | 'dcr';
  readonly expiresAt: Instant | null;
}

export interface SubjectSessionFacts {
  readonly sessionType: 'user' | 'application';
  readonly expiresAt: Instant;
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
}

export type DirectoryEvent = { [Table in DirectoryTable]: Registration<Table> }[DirectoryTable] | Ending;

type Tables = { readonly [Table in DirectoryTable]: ReadonlyMap<string, DirectoryRow<Table>> };

export const DIRECTORY_TABLES = ['application', 'subject-session', 'resource'] as const satisfies DirectoryTable[];

const nothing = (): Tables => ({ application: new Map(), 'subject-session': new Map(), resource: new Map() });

const registered = (tables: Tables, { table, name, facts }: Registration<DirectoryTable>, at: Instant): Tables => ({
  ...tables,
  [table]: new Map<string, object>(tables[table]).set(name, { ...facts, registeredAt: at, endedAt: null }),
});

const ended = (tables: Tables, { table, name }: Ending, at: Instant): Tables => {
  const row = tables[table].get(name);
  return row
    ? { ...tables, [table]: new Map<string, object>(tables[table]).set(name, { ...row, endedAt: at }) }
    : tables;
};

const createTables = () =>
  createStore({
    context: nothing(),
    on: {
      happened: (tables, { event, at }: { readonly event: DirectoryEvent; readonly at: Instant }) =>
        event.type === 'directory.registered' ? registered(tables, event, at) : ended(tables, event, at),
      restored: (_, { tables }: { readonly tables: Tables }) => tables,
    },
  });

export class Directory {
  readonly #store = createTables();

  happened(event: DirectoryEvent, at: Instant): void {
    this.#store.trigger.happened({ event, at });
  }

  row<Table extends DirectoryTable>(table: Table, name: string): DirectoryRow<Table> | undefined {
    return this.#tables[table].get(name);
  }

  /** Names below `before`, the greatest first, with what is known of each. */
  *descending<Table extends DirectoryTable>(
    table: Table,
    before: string | null,
  ): Generator<{ readonly name: string; readonly row: DirectoryRow<Table> }> {
    const names = [...this.#tables[table].keys()].filter((name) => before === null || name < before);
    for (const name of names.toSorted((a, b) => (a < b ? 1 : -1))) {
      const row = this.#tables[table].get(name);
      if (row) yield { name, row };
    }
  }

  /** The resource of that id or that identifier; one that has ended only where none that counts has the identifier. */
  resource(name: string): DirectoryRow<'resource'> | undefined {
    const byId = this.#tables.resource.get(name);
    if (byId) return byId;
    let ended: DirectoryRow<'resource'> | undefined;
    for (const row of this.#tables.resource.values()) {
      if (row.identifier !== name) continue;
      if (row.endedAt === null) return row;
      ended ??= row;
    }
    return ended;
  }

  get count(): number {
    return DIRECTORY_TABLES.reduce((count, table) => count + this.#tables[table].size, 0);
  }

  get #tables(): Tables {
    return this.#store.getSnapshot().context;
  }

  /** The whole directory as bytes, the same for the same contents. */
  encode(): Buffer {
    const inOrder = DIRECTORY_TABLES.map((table) => [
      table,
      [...this.#tables[table]].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ]);
    return Buffer.from(JSON.stringify(Object.fromEntries(inOrder)));
  }

  restore(bytes: Buffer): void {
    const stored = JSON.parse(bytes.toString()) as Readonly<Record<DirectoryTable, [string, never][]>>;
    const tables = {
      application: new Map(stored.application),
      'subject-session': new Map(stored['subject-session']),
      resource: new Map(stored.resource),
    };
    this.#store.trigger.restored({ tables });
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
