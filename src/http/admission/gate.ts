// Admits requests to the middleware. Stops, verifications, probes and whatever the operator sends use a lane of their own, which is
// served first. All other requests wait in bounded queues, one per caller, and are started within the work that one turn of
// the event loop takes. A request that would wait for too long, or behind too many, is refused as `overloaded`.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Caller } from '../../authority/caller.ts';
import type { AlarmClock, Instant } from '../../clock.ts';
import { LARGE_ANSWER_BYTES, WAIT_CHECK_MS, WAIT_MS_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { clientKeyReader, type TrustedProxies } from '../client-address.ts';
import type { Upgradable } from '../upgradable.ts';
import { AnswerBytes } from './answer-bytes.ts';
import { applicationKey } from './bearer-counts.ts';
import { Connections } from './connections.ts';
import { Line, type Queued } from './line.ts';
import { isLargeRead, urgentKind } from './kinds.ts';
import type { Turns } from './turns.ts';

export interface GateParts {
  readonly authenticator: Pick<Authenticator, 'recall'>;
  readonly trustProxy: TrustedProxies;
  readonly clock: AlarmClock;
  readonly turns: Turns;
}

/** The decision of the gate about a request. */
export interface Admission {
  /** The refusal to send; null if the request was admitted. */
  readonly refusal: Refusal | null;
  /** The holder of the bearer, if it was proven before. */
  readonly known: Caller | null;
  /** Frees its place among the requests in flight while it waits for its client. */
  readonly release: () => void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Waiting extends Queued {
  readonly known: Caller | null;
  /** The application, address or operator that the bytes of the answer count for. */
  readonly payer: string;
  readonly isLarge: boolean;
  readonly lane: Lane;
  readonly request: Upgradable;
  readonly response: ServerResponse;
  readonly since: Instant;
  /** Bytes that count for its answer. */
  bytes: number;
  /** Whether the client has read the answer, or the connection has closed. */
  isEnded: boolean;
}

interface Lane {
  readonly line: Line<Waiting>;
  readonly kind: 'urgent' | 'start';
  /** Turns that could not start any of the waiting requests. */
  owed: number;
}

const RETRY_AFTER_SECONDS = 1;
const NOTHING = (): void => {};

export class Gate {
  readonly #parts: GateParts;
  readonly #handler: Handler;
  readonly #addressOf: (request: IncomingMessage) => string;
  readonly #connections = new Connections();
  readonly #answers = new AnswerBytes();
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

  /** Requests that wait, including those held by their connection. */
  get waiting(): number {
    return this.#connections.held + this.#urgent.line.waiting + this.#ordinary.line.waiting;
  }

  get inFlight(): number {
    return this.#urgent.line.inFlight + this.#ordinary.line.inFlight;
  }

  /** Bytes of answers that are being built or are unread. */
  get answerBytes(): number {
    return this.#answers.total;
  }

  /** Hands a request to the handler in its turn. */
  readonly admit: Handler = (request, response) => {
    let waiting: Waiting | null = null;
    const start = () => this.#arrive((waiting = this.#classified(request as Upgradable, response)));
    const end = () => waiting && this.#ended(waiting);
    this.#connections.take(request.socket, { response, start, end });
  };

  #arrive(waiting: Waiting): void {
    const { lane } = waiting;
    const exceeded = lane.line.push(waiting);
    if (exceeded) return this.#refuse(waiting, { limit: exceeded.limit, requests_max: exceeded.most });
    this.#parts.turns.run(lane.kind, () => this.#startNext(lane));
    if (lane.line.waiting > 0) this.#watch();
  }

  #classified(request: Upgradable, response: ServerResponse): Waiting {
    const { authenticator, clock } = this.#parts;
    const { method = '', url = '' } = request;
    const known = authenticator.recall(request.headers.authorization);
    const kind = urgentKind(method, url);
    const isLarge = isLargeRead(method, url);
    const isFirst = known?.kind === 'operator' || kind !== null;
    const payer = known === null || kind === 'verify' ? `${kind} ${this.#addressOf(request)}` : callerKey(known);
    return {
      known,
      payer,
      // Large reads may have to wait for bytes. Other requests of their caller do not wait with them.
      caller: isLarge ? `${payer} large` : payer,
      isLarge,
      lane: isFirst ? this.#urgent : this.#ordinary,
      request,
      response,
      since: clock.now(),
      bytes: 0,
      isEnded: false,
    };
  }

  #startNext(lane: Lane): void {
    const next = lane.line.take((waiting) => this.#mayAnswer(waiting));
    if (next) this.#start(next);
    else if (lane.line.waiting > 0) lane.owed += 1;
    if (next) this.#repay(lane);
  }

  // One turn at a time: each turn checks whether another request may start.
  #repay(lane: Lane): void {
    if (lane.line.waiting === 0) lane.owed = 0;
    if (lane.owed === 0) return;
    lane.owed -= 1;
    this.#parts.turns.queue(lane.kind, () => this.#startNext(lane));
  }

  // In the urgent lane, only reads of the operator can be large.
  #mayAnswer({ lane, payer, isLarge }: Waiting): boolean {
    return (lane === this.#urgent && !isLarge) || this.#answers.hasRoom(payer, isLarge);
  }

  #start(waiting: Waiting): void {
    const { lane, known, isLarge, request, response } = waiting;
    let isOver = false;
    const release = () => {
      if (isOver) return;
      isOver = true;
      lane.line.ended(waiting);
      this.#repay(lane);
    };
    request.admission = { refusal: null, known, release };
    // The client may have disconnected meanwhile.
    if (waiting.isEnded) return release();
    this.#count(waiting, isLarge ? LARGE_ANSWER_BYTES : 0);
    void this.#handle(request, response).finally(() => {
      this.#count(waiting, waiting.isEnded ? 0 : unreadBytes(request, response));
      release();
    });
  }

  #ended(waiting: Waiting): void {
    waiting.isEnded = true;
    this.#count(waiting, 0);
  }

  #count(waiting: Waiting, bytes: number): void {
    const added = bytes - waiting.bytes;
    waiting.bytes = bytes;
    this.#answers.add(waiting.payer, added);
    if (added < 0) for (const lane of [this.#urgent, this.#ordinary]) this.#repay(lane);
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
      const limit = this.#mayAnswer(late) ? 'wait' : 'answer_bytes';
      this.#parts.turns.queue(kind, () => this.#refuse(late, { limit, wait_ms_max: WAIT_MS_MAX }));
    }
  }
}

const callerKey = (known: Caller): string => (known.kind === 'operator' ? 'operator' : applicationKey(known));

/** Returns the length of an answer that is not yet read by its client. A stream has no length, and its own bounds. */
const unreadBytes = ({ method }: IncomingMessage, response: ServerResponse): number =>
  response.writableFinished || method === 'HEAD' ? 0 : Number(response.getHeader('content-length') ?? 0);
