// What the contract says of sessions, leases, services and invocations together, as plainly as it can be put and as slow as
// it likes: everything is looked at again after every step. No code is shared with the product.

export const LEASE_MS = 120_000;

interface Session {
  readonly id: string;
  readonly order: number;
  readonly parent: Session | null;
  readonly service: boolean;
  readonly expiresAt: number | null;
  held: 'requested' | 'service_heartbeat_lost' | null;
  ended: { status: 'terminated' | 'expired'; reason: string } | null;
  leaseUntil: number | null;
  generation: number;
}

interface Service {
  readonly order: number;
  health: string;
  silentAt: number | null;
}

interface Invocation {
  readonly order: number;
  readonly sessions: readonly Session[];
  readonly attemptsMax: number;
  readonly timeoutMs: number;
  readonly backoffMs: number;
  status: string;
  attempts: number;
  deadlineAt: number | null;
  nextAttemptAt: number | null;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

export class ZoneOracle {
  readonly sessions = new Map<string, Session>();
  readonly services = new Map<string, Service>();
  readonly invocations = new Map<string, Invocation>();
  #made = 0;
  #now = 0;
  #listens = true;

  /** Lets everything happen whose time has come, the earliest first, each at its own instant. */
  passTo(now: number): void {
    for (let due = this.#next(now); due; due = this.#next(now)) {
      this.#now = due.at;
      due.happen();
      this.#settle();
    }
    this.#now = now;
  }

  /** A process has died and another one was asked something at `now`: nobody could be heard in between. */
  wake(now: number): void {
    for (const session of this.sessions.values()) session.leaseUntil = null;
    for (const service of this.services.values()) service.silentAt = null;
    this.#listens = false;
    this.passTo(now);
    this.#listens = true;
    for (const service of this.services.values())
      service.silentAt = service.health === 'unhealthy' ? null : now + LEASE_MS;
    this.#settle();
  }

  start(id: string, fields: { parent: string | null; service: boolean; ttlMs: number | null }): string | null {
    const parent = fields.parent === null ? null : this.sessions.get(fields.parent);
    if (parent === undefined || parent?.ended) return 'parent_not_found';
    if (parent && this.isSuspended(parent)) return 'parent_suspended';
    if (parent && !parent.service && fields.service) return 'task_agent_cannot_spawn_service';
    const { service, ttlMs } = fields;
    const expiresAt = ttlMs === null ? null : this.#now + ttlMs;
    const fresh = { held: null, ended: null, leaseUntil: null, generation: service ? 1 : 0 };
    this.sessions.set(id, { id, order: this.#order(), parent, service, expiresAt, ...fresh });
    this.#settle();
    return null;
  }

  suspend(id: string): string | null {
    const session = this.sessions.get(id);
    if (!session) return 'agent_not_found';
    if (session.ended || this.isSuspended(session)) return 'agent_not_found_or_not_active';
    session.held = 'requested';
    this.#settle();
    return null;
  }

  resume(id: string): string | null {
    const session = this.sessions.get(id);
    if (!session) return 'agent_not_found';
    if (session.ended || !this.isSuspended(session)) return 'agent_not_found_or_not_suspended';
    if (session.parent && this.isSuspended(session.parent)) return 'ancestor_suspended';
    session.held = null;
    this.#settle();
    return null;
  }

  terminate(id: string): string | null {
    const session = this.sessions.get(id);
    if (!session || session.ended) return 'agent_not_found';
    this.#end(session, { status: 'terminated', reason: 'done' });
    this.#settle();
    return null;
  }

  heartbeat(id: string, serviceId: string | null, health: string, generation: number | null): string | null {
    const session = this.sessions.get(id);
    if (!session) return 'agent_not_found';
    if (session.ended) return generation === null ? 'agent_not_live' : 'session_not_live';
    if (generation !== null && !session.service) return 'session_not_service';
    if (generation !== null && generation !== session.generation) return 'session_lease_fenced';
    const service = serviceId === null ? null : this.services.get(serviceId);
    if (service === undefined) return 'agent_service_not_found';
    if (session.held === 'service_heartbeat_lost')
      return generation === null ? 'agent_lease_expired' : 'session_lease_expired';
    if (session.leaseUntil !== null) session.leaseUntil = this.#now + LEASE_MS;
    if (service) {
      service.health = health;
      service.silentAt = health === 'unhealthy' ? null : this.#now + LEASE_MS;
    }
    return null;
  }

  takeLease(id: string): string | null {
    const session = this.sessions.get(id);
    if (!session) return 'agent_not_found';
    if (session.ended) return 'session_not_live';
    if (!session.service) return 'session_not_service';
    if (this.isSuspended(session)) return 'session_suspended';
    session.generation += 1;
    if (session.leaseUntil !== null) session.leaseUntil = this.#now + LEASE_MS;
    return null;
  }

  register(id: string): void {
    this.services.set(id, { order: this.#order(), health: 'starting', silentAt: this.#now + LEASE_MS });
  }

  create(
    id: string,
    fields: { service: string; sessions: readonly string[]; attemptsMax: number; timeoutMs: number; backoffMs: number },
  ): string | null {
    if (!this.services.has(fields.service)) return 'agent_service_not_found';
    const sessions = fields.sessions.map((each) => this.sessions.get(each)).filter((each) => each !== undefined);
    const all = sessions.length === fields.sessions.length && sessions.every((each) => this.isActive(each));
    if (!all) return 'agent_session_not_found';
    const { attemptsMax, timeoutMs, backoffMs } = fields;
    const fresh = { status: 'pending', attempts: 0, deadlineAt: null, nextAttemptAt: null };
    this.invocations.set(id, { order: this.#order(), sessions, attemptsMax, timeoutMs, backoffMs, ...fresh });
    return null;
  }

  startInvocation(id: string): string | null {
    const invocation = this.invocations.get(id);
    if (!invocation) return 'invocation_not_found';
    const waits = invocation.status === 'pending' || (invocation.status === 'failed' && isRetrying(invocation));
    if (!waits) return 'invocation_not_startable';
    if (!invocation.sessions.every((each) => this.isActive(each))) return 'invocation_session_suspended';
    invocation.status = 'running';
    invocation.attempts += 1;
    invocation.deadlineAt = this.#now + invocation.timeoutMs;
    invocation.nextAttemptAt = null;
    return null;
  }

  cancel(id: string): string | null {
    const invocation = this.invocations.get(id);
    if (!invocation) return 'invocation_not_found';
    return this.#cancel(invocation) ? null : 'invocation_not_cancelable';
  }

  complete(id: string, status: 'succeeded' | 'failed'): string | null {
    const invocation = this.invocations.get(id);
    if (!invocation) return 'invocation_not_found';
    const mayRetry = invocation.status === 'running' && invocation.attempts < invocation.attemptsMax;
    if (invocation.status !== 'running' && invocation.status !== 'cancel_requested')
      return 'invocation_not_completable';
    invocation.status = status;
    invocation.deadlineAt = null;
    invocation.nextAttemptAt = status === 'failed' && mayRetry ? this.#now + invocation.backoffMs : null;
    return null;
  }

  isSuspended(session: Session): boolean {
    return session.held !== null || (session.parent !== null && this.isSuspended(session.parent));
  }

  isActive(session: Session): boolean {
    return session.ended === null && !this.isSuspended(session);
  }

  statusOf(session: Session): string {
    if (session.ended) return session.ended.status;
    return this.isSuspended(session) ? 'suspended' : 'active';
  }

  childrenOf(session: Session): number {
    return [...this.sessions.values()].filter(({ parent, ended }) => parent === session && !ended).length;
  }

  #order(): number {
    this.#made += 1;
    return this.#made;
  }

  /** A lease runs only while its session acts, and is fresh when it begins to. */
  #settle(): void {
    if (!this.#listens) return;
    for (const session of this.sessions.values()) {
      if (!session.service || !this.isActive(session)) session.leaseUntil = null;
      else session.leaseUntil ??= this.#now + LEASE_MS;
    }
  }

  #next(now: number): Due | undefined {
    const due = [...this.#dueSessions(), ...this.#dueServices(), ...this.#dueInvocations()];
    return due.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }

  *#dueSessions(): Generator<Due> {
    for (const session of this.sessions.values()) {
      const { order, expiresAt, leaseUntil } = session;
      if (session.ended) continue;
      if (expiresAt !== null)
        yield { at: expiresAt, order, happen: () => this.#end(session, { status: 'expired', reason: 'ttl' }) };
      if (leaseUntil !== null) yield { at: leaseUntil, order, happen: () => (session.held = 'service_heartbeat_lost') };
    }
  }

  *#dueServices(): Generator<Due> {
    for (const service of this.services.values()) {
      const silence = () => {
        service.health = 'unhealthy';
        service.silentAt = null;
      };
      if (service.silentAt !== null) yield { at: service.silentAt, order: service.order, happen: silence };
    }
  }

  *#dueInvocations(): Generator<Due> {
    for (const invocation of this.invocations.values()) {
      const { deadlineAt, order } = invocation;
      if (deadlineAt !== null) yield { at: deadlineAt, order, happen: () => this.#overrun(invocation, deadlineAt) };
    }
  }

  #overrun(invocation: Invocation, at: number): void {
    const mayRetry = invocation.attempts < invocation.attemptsMax;
    if (invocation.status === 'cancel_requested') invocation.status = 'canceled';
    else invocation.status = mayRetry ? 'failed' : 'timed_out';
    invocation.deadlineAt = null;
    invocation.nextAttemptAt = invocation.status === 'failed' ? at + invocation.backoffMs : null;
  }

  #cancel(invocation: Invocation): boolean {
    if (invocation.status === 'running') invocation.status = 'cancel_requested';
    else if (invocation.status === 'pending' || isRetrying(invocation)) {
      invocation.status = 'canceled';
      invocation.nextAttemptAt = null;
    } else return false;
    return true;
  }

  #end(session: Session, how: NonNullable<Session['ended']>): void {
    session.ended = how;
    for (const child of this.sessions.values())
      if (child.parent === session && !child.ended)
        this.#end(child, { status: 'terminated', reason: 'parent_terminated' });
    for (const invocation of this.invocations.values())
      if (invocation.sessions.includes(session)) this.#cancel(invocation);
  }
}

const isRetrying = ({ status, nextAttemptAt }: Invocation): boolean => status === 'failed' && nextAttemptAt !== null;
