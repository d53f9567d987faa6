// Admits requests to the middleware. Stops, verifications, probes and whatever the operator sends use a lane of their own, which is
// served first. All other requests wait in bounded queues, one per caller, and are started within the work that one turn of
// the event loop takes. A request that would wait for too long, or behind too many, is refused as `overloaded`.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Caller } from '../../authority/caller.ts';
import type { AlarmClock, Instant } from '../../clock.ts';
import { WAIT_CHECK_MS, WAIT_MS_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { clientKeyReader, type TrustedProxies } from '../client-address.ts';
import type { Upgradable } from '../upgradable.ts';
import { applicationKey } from './bearer-counts.ts';
import { Connections } from './connections.ts';
import { Line, type Queued } from './line.ts';
import { urgentKind } from './stops.ts';
import type { Turns } from './turns.ts';

export interface GateParts {
  readonly authenticator: Pick<Authenticator, 'recall'>;
  readonly trustProxy: TrustedProxies;
  readonly clock: AlarmClock;
  readonly turns: Turns;
}

/** How a request came to be handled. */
export interface Admission {
  /** Why it is to be refused; null where it was admitted. */
  readonly refusal: Refusal | null;
  /** The holder of the bearer, where it was proven before. */
  readonly known: Caller | null;
  /** Ends its place among the requests in flight, where it has to wait for its client. */
  readonly release: () => void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Waiting extends Queued {
  readonly known: Caller | null;
  readonly lane: Lane;
  readonly request: Upgradable;
  readonly response: ServerResponse;
  readonly since: Instant;
}

interface Lane {
  readonly line: Line<Waiting>;
  readonly kind: 'urgent' | 'start';
  /** Turns that found nothing that may start, although requests wait. */
  owed: number;
}

const RETRY_AFTER_SECONDS = 1;
const NOTHING = (): void => {};

export class Gate {
  readonly #parts: GateParts;
  readonly #handler: Handler;
  readonly #addressOf: (request: IncomingMessage) => string;
  readonly #connections = new Connections();
  readonly #urgent: Lane = { line: new Line(), kind: 'urgent', owed: 0 };
  readonly #ordinary: Lane = { line: new Line(), kind: 'start', owed: 0 };
  #isWatching = false;
  /** Requests refused as `overloaded`. */
  refused = 0;

  constructor(parts: GateParts, handler: Handler) {
    this.#parts = parts;
    this.#handler = handler;
    this.#addressOf = clientKeyReader(parts.trustProxy);
  }

  /** Requests that wait, those included that their connection holds. */
  get waiting(): number {
    return this.#connections.held + this.#urgent.line.waiting + this.#ordinary.line.waiting;
  }

  get inFlight(): number {
    return this.#urgent.line.inFlight + this.#ordinary.line.inFlight;
  }

  /** Hands a request to the handler in its turn. */
  readonly admit: Handler = (request, response) => {
    this.#connections.take(request.socket, response, () => this.#arrive(request as Upgradable, response));
  };

  #arrive(request: Upgradable, response: ServerResponse): void {
    const waiting = this.#classified(request, response);
    const { lane } = waiting;
    const exceeded = lane.line.push(waiting);
    if (exceeded) return this.#refuse(waiting, { limit: exceeded.limit, requests_max: exceeded.most });
    this.#parts.turns.run(lane.kind, () => this.#startNext(lane));
    if (lane.line.waiting > 0) this.#watch();
  }

  #classified(request: Upgradable, response: ServerResponse): Waiting {
    const { authenticator, clock } = this.#parts;
    const known = authenticator.recall(request.headers.authorization);
    const kind = urgentKind(request.method ?? '', request.url ?? '');
    const isFirst = known?.kind === 'operator' || kind !== null;
    const caller = known === null || kind === 'verify' ? `${kind} ${this.#addressOf(request)}` : callerKey(known);
    return { caller, known, lane: isFirst ? this.#urgent : this.#ordinary, request, response, since: clock.now() };
  }

  #startNext(lane: Lane): void {
    const next = lane.line.take(() => true);
    if (next) this.#start(next);
    else if (lane.line.waiting > 0) lane.owed += 1;
    if (next) this.#repay(lane);
  }

  // One turn at a time: each finds out whether another request may start.
  #repay(lane: Lane): void {
    if (lane.line.waiting === 0) lane.owed = 0;
    if (lane.owed === 0) return;
    lane.owed -= 1;
    this.#parts.turns.queue(lane.kind, () => this.#startNext(lane));
  }

  #start(waiting: Waiting): void {
    const { lane, known, request, response } = waiting;
    let isOver = false;
    const release = () => {
      if (isOver) return;
      isOver = true;
      lane.line.ended(waiting);
      this.#repay(lane);
    };
    request.admission = { refusal: null, known, release };
    // Its client may have left while it waited.
    if (isGone(request.socket)) release();
    else void this.#handle(request, response).finally(release);
  }

  async #handle(request: Upgradable, response: ServerResponse): Promise<void> {
    await this.#handler(request, response);
  }

  #refuse({ known, request, response }: Waiting, details: Readonly<Record<string, unknown>>): void {
    this.refused += 1;
    const refusal = refuse('overloaded', {
      details: { retryable: true, ...details },
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
    request.admission = { refusal, known, release: NOTHING };
    void this.#handle(request, response);
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock } = this.#parts;
    clock.at(clock.now() + WAIT_CHECK_MS, () => {
      this.#isWatching = false;
      for (const { line, kind } of [this.#urgent, this.#ordinary]) this.#refuseLate(line, kind);
      if (this.#urgent.line.waiting + this.#ordinary.line.waiting > 0) this.#watch();
    });
  }

  #refuseLate(line: Line<Waiting>, kind: Lane['kind']): void {
    const longest = this.#parts.clock.now() - WAIT_MS_MAX;
    for (const late of line.takeLate(({ since }) => since <= longest)) {
      this.#parts.turns.queue(kind, () => this.#refuse(late, { limit: 'wait', wait_ms_max: WAIT_MS_MAX }));
    }
  }
}

const callerKey = (known: Caller): string => (known.kind === 'operator' ? 'operator' : applicationKey(known));

const isGone = (socket: Socket): boolean => socket.destroyed;
