// What a zone is known to hold right now, asked of the zone itself now and then and learned from answers in between, so that
// valid requests name what is there.
import type { Random } from '../process/parts/random.ts';
import type { Answered } from '../world/world.ts';

export type Kind = 'session' | 'held' | 'worker' | 'service' | 'invocation' | 'running' | 'edge';

/** Registered by the run itself, and what may be archived by anybody. */
export const APPLICATIONS = ['app-a', 'app-b'] as const;
export const SUBJECT_SESSIONS = ['user-1', 'user-2'] as const;
export const PASSING = ['dir-1', 'dir-2', 'dir-3', 'dir-4'] as const;

/** Ids of one kind that are remembered; the oldest give way. */
const KEPT_MAX = 200;
const NOBODY = '00000000-0000-7000-8000-000000000000';

/** The lists to ask, and the field that names what is in them. */
export const LISTS: readonly (readonly [kind: Kind, path: string, field: string])[] = [
  ['session', 'agents?status=active&limit=200', 'agent_session_id'],
  ['held', 'agents?status=suspended&limit=100', 'agent_session_id'],
  ['worker', 'agents?status=active&lifecycle=service&limit=50', 'agent_session_id'],
  ['service', 'agent-services?limit=50', 'id'],
  ['invocation', 'invocations?status=pending&limit=100', 'id'],
  ['running', 'invocations?status=running&limit=100', 'id'],
  ['edge', 'delegations/active?limit=100', 'id'],
];

/** By the operation that makes it: the kind, and the field of the answer. */
export const MADE_BY: Readonly<Record<string, readonly [Kind, string]>> = {
  startSession: ['session', 'agent_session_id'],
  begin: ['session', 'agent_session_id'],
  spawnChild: ['session', 'agent_session_id'],
  registerService: ['service', 'id'],
  createInvocation: ['invocation', 'id'],
  createDelegation: ['edge', 'delegation_edge_id'],
  exchange: ['edge', 'delegation_edge_id'],
  delegateToExistingAgent: ['edge', 'delegation_edge_id'],
};

export class Known {
  readonly #ids = new Map<Kind, string[]>();
  /** The session that each edge leads to. */
  readonly #targets = new Map<string, string>();

  /** All there is of a kind now. */
  refresh(kind: Kind, ids: readonly string[]): void {
    this.#ids.set(kind, ids.slice(0, KEPT_MAX));
  }

  learn(operation: string, { status, body }: Answered): void {
    const [kind, field] = MADE_BY[operation] ?? [];
    if (status !== 201 || kind === undefined || field === undefined) return;
    this.#add(kind, String(body[field]));
    if (body['lifecycle'] === 'service') this.#add('worker', String(body[field]));
    if (kind === 'edge') this.#lead(String(body[field]), String(body['target_session_id']));
  }

  count(kind: Kind): number {
    return this.#ids.get(kind)?.length ?? 0;
  }

  one(kind: Kind, random: Random): string {
    return random.of(this.#ids.get(kind) ?? []) ?? NOBODY;
  }

  /** An edge that was made lately, and the session that it leads to. */
  held(random: Random): { readonly edge: string; readonly session: string } {
    const edge = random.of([...this.#targets.keys()]) ?? NOBODY;
    return { edge, session: this.#targets.get(edge) ?? NOBODY };
  }

  #lead(edge: string, session: string): void {
    this.#targets.set(edge, session);
    const [oldest] = this.#targets.keys();
    if (this.#targets.size > KEPT_MAX && oldest !== undefined) this.#targets.delete(oldest);
  }

  #add(kind: Kind, id: string): void {
    const ids = this.#ids.get(kind) ?? [];
    ids.push(id);
    if (ids.length > KEPT_MAX) ids.shift();
    this.#ids.set(kind, ids);
  }
}
