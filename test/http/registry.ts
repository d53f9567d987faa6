// Short ways to fill and empty the directory of zone z1 as the operator, on a real server.
import { OPERATOR_TOKEN, type Answered, type CallOptions, type World } from '../world/world.ts';

export type Table = 'applications' | 'subject-sessions' | 'resources';

/** What a registration of each table has to say. */
const REQUIRED: Readonly<Record<Table, object>> = {
  applications: { registration_method: 'managed' },
  'subject-sessions': { session_type: 'user', expires_at: '2027-01-01T00:00:00Z' },
  resources: { identifier: 'urn:files', application_id: 'app-a', scopes: ['read', 'write'] },
};

export const TABLES = Object.keys(REQUIRED) as readonly Table[];

const OPERATOR: CallOptions = { token: OPERATOR_TOKEN };

export class Registry {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  put(table: Table, id: string, fields: object = {}, options = OPERATOR): Promise<Answered> {
    return this.#world.call('PUT', pathOf(table, id), { ...REQUIRED[table], ...fields }, options);
  }

  /** Several of a table at once, with nothing but what they have to say. */
  async register(table: Table, ...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const { status, text } = await this.put(table, id);
      if (status !== 200) throw new Error(`not registered: ${text}`);
    }
  }

  get(table: Table, id: string, options = OPERATOR): Promise<Answered> {
    return this.#world.call('GET', pathOf(table, id), undefined, options);
  }

  list(table: Table, query = '', options = OPERATOR): Promise<Answered> {
    return this.#world.call('GET', `/zones/z1/${table}?${query}`, undefined, options);
  }

  archive(table: Table, id: string, options = OPERATOR): Promise<Answered> {
    return this.#world.call('DELETE', pathOf(table, id), undefined, options);
  }
}

const pathOf = (table: Table, id: string): string => `/zones/z1/${table}/${id}`;
