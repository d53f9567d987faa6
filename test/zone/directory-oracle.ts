// A zone's directory and what stands on it, as plainly as it can be put: rows in maps, and questions that look at everything.
// Sessions and edges are the graph oracle's. No code is shared with the product, and nothing is fast.
import { GraphOracle, type Grant } from './graph-oracle.ts';

export type Table = 'application' | 'subject-session' | 'resource';

export interface Row {
  readonly expiresAt: number | null;
  /** An application that registered itself. */
  readonly dcr: boolean;
  /** Of a resource. */
  readonly owner: string;
  readonly scopes: readonly string[];
}

interface Registered extends Row {
  readonly registeredAt: number;
  endedAt: number | null;
}

interface Standing {
  readonly application: string;
  readonly subject: string;
}

const REASONS = { application: 'application_ended', 'subject-session': 'subject_session_ended', resource: '' } as const;
const TABLES = ['application', 'subject-session', 'resource'] as const;

export class DirectoryOracle {
  readonly graph: GraphOracle;
  readonly rows: Readonly<Record<Table, Map<string, Registered>>> = {
    application: new Map(),
    'subject-session': new Map(),
    resource: new Map(),
  };
  readonly #standing = new Map<string, Standing>();
  #now: number;

  constructor(now: number) {
    this.#now = now;
    this.graph = new GraphOracle(now);
  }

  /** At one instant, what is registered lapses before sessions and edges do. */
  passTo(now: number): void {
    for (let due = this.#nextLapse(now); due; due = this.#nextLapse(now)) {
      this.graph.passTo(due.at - 1);
      this.#now = due.at;
      this.#end(due.table, due.name);
    }
    this.graph.passTo(now);
    this.#now = now;
  }

  register(table: Table, name: string, row: Row): void {
    this.rows[table].set(name, { ...row, registeredAt: this.#now, endedAt: null });
  }

  archive(table: Table, name: string): string | null {
    if (this.rows[table].get(name)?.endedAt !== null) return 'directory_entry_not_found';
    this.#end(table, name);
    return null;
  }

  start(id: string, standing: Standing, parentId: string | null, ttlMs: number, edgeId: string): string | null {
    const { application, subject } = standing;
    if (this.#isOver('application', application)) return 'application_not_found';
    if (this.#isOver('subject-session', subject)) return 'session_not_found';
    if (parentId !== null && this.graph.sessions.get(parentId)?.ended !== null) return 'parent_not_found';
    if (parentId !== null && this.graph.isSuspended(parentId)) return 'parent_suspended';
    const above = parentId === null ? null : this.applicationOf(parentId);
    if (above !== null && this.#isDcr(above)) return 'dcr_application_cannot_spawn';
    if (this.#isDcr(application) && above !== null) return 'dcr_application_cannot_be_child';
    const bound = [...this.#standing].some(([each, own]) => own.application === application && this.#isLive(each));
    if (this.#isDcr(application) && bound) return 'dcr_application_already_bound';
    const refusal = this.graph.start(id, parentId, ttlMs, above === application ? 'inherit' : 'none', edgeId);
    if (refusal === null) this.#standing.set(id, standing);
    return refusal;
  }

  create(id: string, source: string, target: string, resource: string, grant: Omit<Grant, 'resources'>): string | null {
    const issuer = this.applicationOf(source);
    for (const each of [issuer, this.applicationOf(target)])
      if (this.#isOver('application', each)) return 'application_not_found';
    if (source === target) return 'self_delegation_denied';
    if (!this.graph.isActive(source) || !this.graph.isActive(target)) return 'delegation_endpoint_not_found';
    const row = this.rows.resource.get(resource);
    if (row && row.endedAt !== null) return 'resource_not_found';
    if (row && row.owner !== issuer) return 'resource_ownership_required';
    if (row && grant.scopes.some((scope) => !row.scopes.includes(scope))) return 'delegation_scopes_exceed_resource';
    const resources = [row ? identifierOf(resource) : resource];
    return this.graph.create(id, source, target, null, { ...grant, resources })?.code ?? null;
  }

  applicationOf(sessionId: string): string {
    return this.#standing.get(sessionId)?.application ?? 'nobody';
  }

  #isLive(sessionId: string): boolean {
    return this.graph.sessions.get(sessionId)?.ended === null;
  }

  #isDcr(application: string): boolean {
    return this.rows.application.get(application)?.dcr ?? false;
  }

  #isOver(table: Table, name: string): boolean {
    const row = this.rows[table].get(name);
    return row !== undefined && row.endedAt !== null;
  }

  /** What is registered when its time is over already lapses then, and not in the past. */
  #nextLapse(now: number): { at: number; table: Table; name: string } | undefined {
    const due = TABLES.flatMap((table) =>
      [...this.rows[table]]
        .filter(([, { endedAt, expiresAt }]) => endedAt === null && expiresAt !== null && expiresAt <= now)
        .map(([name, row]) => ({ at: Math.max(row.expiresAt ?? 0, row.registeredAt), table, name })),
    );
    return due.toSorted((a, b) => a.at - b.at || (`${a.table}/${a.name}` < `${b.table}/${b.name}` ? -1 : 1))[0];
  }

  #end(table: Table, name: string): void {
    const row = this.rows[table].get(name);
    if (row) row.endedAt = this.#now;
    if (table === 'resource') return;
    const stands = ({ application, subject }: Standing) => (table === 'application' ? application : subject) === name;
    const live = [...this.#standing].filter(([id, each]) => stands(each) && this.#isLive(id));
    this.graph.endAll(new Map(live.map(([id]) => [id, REASONS[table]])));
  }
}

/** What a resource that is registered under a name is known as to those that use it. */
export const identifierOf = (name: string): string => `urn:${name}`;
