// Several tenants in several zones, the load that they make together, and the check of everything against what they know.
import { expect } from 'chai';
import type { Row } from './forest.ts';
import { Random } from './random.ts';
import { Connection, mintToken, type ServerProcess } from './server.ts';
import { Tenant } from './tenant.ts';

const PAGE = 500;

export interface Settled {
  carriedOut: number;
  notCarriedOut: number;
}

export class Town {
  readonly tenants: readonly Tenant[];

  private constructor(tenants: readonly Tenant[]) {
    this.tenants = tenants;
  }

  static async found(dataDir: string, size: { zones: number; tenantsPerZone: number }, seed: number): Promise<Town> {
    const tenants: Tenant[] = [];
    for (let index = 0; index < size.zones * size.tenantsPerZone; index += 1) {
      const zone = `zone-${index % size.zones}`;
      const application = `app-${index}`;
      const token = await mintToken(dataDir, zone, application);
      tenants.push(new Tenant({ zone, application, token }, new Random(seed + index)));
    }
    return new Town(tenants);
  }

  get acknowledged(): number {
    return this.tenants.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Lets every tenant work on a connection of its own; `enough` is called once, at the given number of answers. Rejects when it never was. */
  async work(server: ServerProcess, answers: number, enough: () => void): Promise<void> {
    let left = answers;
    const onAcknowledged = () => {
      left -= 1;
      if (left === 0) enough();
    };
    await this.#each(server, (tenant, connection) => tenant.work(connection, onAcknowledged));
    const reasons = this.tenants.map(({ stoppedBy }) => stoppedBy);
    if (left > 0) throw new Error(`the load ended ${left} answers early: ${JSON.stringify(reasons)}`);
  }

  /** Every acknowledged change is there, and nothing else but whole unanswered requests. Answers how those fared. */
  async check(server: ServerProcess): Promise<Settled> {
    const settled = { carriedOut: 0, notCarriedOut: 0 };
    const before = await this.#rows(server);
    await this.#each(server, async (tenant, connection) => {
      const fate = await tenant.settle(connection, rowsOf(before, tenant));
      if (fate === 'carried out') settled.carriedOut += 1;
      if (fate === 'not carried out') settled.notCarriedOut += 1;
    });
    await this.checkExactly(server);
    return settled;
  }

  /** Checks that every list answers, and that the lists are consistent. For use while nothing can be changed. */
  async checkReads(server: ServerProcess): Promise<void> {
    const rows = await this.#rows(server);
    for (const ofZone of rows.values()) expectHeldTogether(ofZone);
    expect([...rows.values()].flat().length).to.be.greaterThan(0);
  }

  /** What got no answer is known not to have been carried out, and nothing of it may be there. */
  async checkNothingElse(server: ServerProcess): Promise<void> {
    for (const tenant of this.tenants) tenant.disown();
    await this.checkExactly(server);
  }

  /** Everything is as the tenants know it: sessions, holds, ends, metadata, and some histories. */
  async checkExactly(server: ServerProcess): Promise<void> {
    const rows = await this.#rows(server);
    for (const ofZone of rows.values()) expectHeldTogether(ofZone);
    for (const tenant of this.tenants) tenant.check(rowsOf(rows, tenant));
    const known = this.tenants.reduce((sum, tenant) => sum + rowsOf(rows, tenant).length, 0);
    expect([...rows.values()].flat().length, 'sessions that belong to nobody').to.equal(known);
    await this.#each(server, (tenant, connection) => tenant.checkHistories(connection, 3));
  }

  async #each(server: ServerProcess, work: (tenant: Tenant, connection: Connection) => Promise<void>): Promise<void> {
    const connections = this.tenants.map(() => new Connection(server.url));
    try {
      await Promise.all(this.tenants.map((tenant, index) => work(tenant, connections[index] as Connection)));
    } finally {
      for (const connection of connections) connection.close();
    }
  }

  async #rows(server: ServerProcess): Promise<Map<string, Row[]>> {
    const rows = new Map<string, Row[]>();
    const connection = new Connection(server.url);
    for (const { identity } of this.tenants) {
      const { zone, token } = identity;
      if (!rows.has(zone)) rows.set(zone, await rowsOfZone(connection, zone, token));
    }
    connection.close();
    return rows;
  }
}

const rowsOf = (rows: ReadonlyMap<string, readonly Row[]>, { identity }: Tenant): readonly Row[] =>
  (rows.get(identity.zone) ?? []).filter(({ mark }) => mark.startsWith(`${identity.application}.`));

const rowsOfZone = async (connection: Connection, zone: string, token: string): Promise<Row[]> => {
  const rows: Row[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const from = cursor === '' ? '' : `&cursor=${cursor}`;
    const answer = await connection.call('GET', `/zones/${zone}/agents?limit=${PAGE}${from}`, { token });
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    const { items, next_cursor: next } = answer.body as { items: Record<string, never>[]; next_cursor: string | null };
    rows.push(...items.map(rowOf));
    cursor = next;
  }
  return rows;
};

const rowOf = (item: Record<string, never>): Row => ({
  id: item['agent_session_id'] ?? '',
  parentId: item['parent_id'] ?? null,
  mark: item['metadata']?.['mark'] ?? '',
  status: item['status'] ?? '',
  depth: item['depth'] ?? -1,
  suspendedReason: item['suspended_reason'] ?? null,
  terminationReason: item['termination_reason'] ?? null,
  liveChildren: item['child_count'] ?? -1,
});

/** The promise about subtrees, asked of the answers alone: what stands under a suspended or ended session never acts. */
const expectHeldTogether = (rows: readonly Row[]): void => {
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  const astray = rows.filter(({ parentId, status }) => {
    const above = parentId === null ? 'active' : statuses.get(parentId);
    return (
      (above === 'suspended' && status === 'active') ||
      (above !== 'active' && above !== 'suspended' && status !== 'terminated')
    );
  });
  expect(astray).to.deep.equal([]);
};
