// Admits requests to the middleware. Stops, verifications, probes and whatever the operator sends use a lane of their own, which is
// served first. All other requests wait in bounded queues, one per caller, and are started within the work that one turn of
// the event loop takes. A request that would wait for too long, or behind too many, is refused as `overloaded`.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Caller } from '../../authority/caller.ts';
import type { AlarmClock, Instant } from '../../clock.ts';
import { LARGE_ANSWER_BYTES, WAIT_CHECK_MS, WAIT_MS_MAX } from './limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { clientKeyReader, type TrustedProxies } from '../client-address.ts';
import type { Upgradable } from '../connection/upgradable.ts';
import { AnswerBytes } from './answer-bytes.ts';
import { applicationKey } from './bearer-counts.ts';
import { Connections } from './connections.ts';
import { Line, type Queued } from './line.ts';
import { isLargeRead, urgentKind, type Urgent } from './kinds.ts';
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
  /** Waits for a place again after `release`. Returns the refusal if it waits too long. */
  readonly admitAgain: () => Promise<Refusal | null>;
  /** Moves a request with a new bearer to the share of its caller. Returns the refusal if it waits too long. */
  readonly proven: (caller: Caller) => Promise<Refusal | null>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The share that a request uses. */
interface Share extends Queued {
  known: Caller | null;
  /** The application, address or operator that the bytes of the answer count for. */
  payer: string;
}

interface Waiting extends Share {
  caller: string;
  readonly kind: Urgent | null;
  readonly isLarge: boolean;
  readonly lane: Lane;
  readonly request: Upgradable;
  readonly response: ServerResponse;
  since: Instant;
  /** Bytes that count for its answer. */
  bytes: number;
  /** Whether the client has read the answer, or the connection has closed. */
  isEnded: boolean;
  /** Whether it has a place among the requests in flight. */
  hasPlace: boolean;
  /** Continues a request that waits for a place again. */
  resume: ((refusal: Refusal | null) => void) | null;
}

interface Lane {
  readonly line: Line<Waiting>;
  readonly kind: 'urgent' | 'start';
  /** Turns that could not start any of the waiting requests. */
  owed: number;
}

const RETRY_AFTER_SECONDS = 1;
const NOTHING = (): void => {};
const ADMITTED = (): Promise<null> => Promise.resolve(null);

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
    // Written out, because a spread would make the object slow, and there is one for each request.
    const { payer, caller } = this.#shareOf(request, { known, kind, isLarge });
    return {
      known,
      payer,
      caller,
      kind,
      isLarge,
      lane: isFirst ? this.#urgent : this.#ordinary,
      request,
      response,
      since: clock.now(),
      bytes: 0,
      isEnded: false,
      hasPlace: false,
      resume: null,
    };
  }

  // The address pays for a verification, whatever its bearer proves.
  #shareOf(request: Upgradable, { known, kind, isLarge }: Pick<Waiting, 'known' | 'kind' | 'isLarge'>): Share {
    const payer = known === null || kind === 'verify' ? `${kind} ${this.#addressOf(request)}` : callerKey(known);
    // Large reads may have to wait for bytes. Other requests of their caller do not wait with them.
    return { known, payer, caller: isLarge ? `${payer} large` : payer };
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

  // In the urgent lane, only reads of the operator can be large. The answer to an unproven bearer is small.
  #mayAnswer({ lane, payer, isLarge, known }: Waiting): boolean {
    return (lane === this.#urgent && !isLarge) || this.#answers.hasRoom(payer, isLarge && known !== null);
  }

  #start(waiting: Waiting): void {
    const { known, isLarge, isEnded, resume, request, response } = waiting;
    waiting.hasPlace = true;
    if (!isEnded && isLarge && known !== null) this.#count(waiting, LARGE_ANSWER_BYTES);
    if (resume) return resume(null);
    const release = () => this.#release(waiting);
    // The client may have disconnected meanwhile.
    if (isEnded) return release();
    const admitAgain = () => this.#admitAgain(waiting);
    const proven = (caller: Caller) => this.#proven(waiting, caller);
    request.admission = { refusal: null, known, release, admitAgain, proven };
    void this.#handle(request, response).finally(() => {
      this.#count(waiting, waiting.isEnded ? 0 : unreadBytes(request, response));
      release();
    });
  }

  #release(waiting: Waiting): void {
    if (!waiting.hasPlace) return;
    waiting.hasPlace = false;
    waiting.lane.line.ended(waiting);
    this.#repay(waiting.lane);
  }

  #admitAgain(waiting: Waiting): Promise<Refusal | null> {
    waiting.since = this.#parts.clock.now();
    return new Promise((resolve) => {
      waiting.resume = resolve;
      this.#arrive(waiting);
    });
  }

  // All clients of an address share the places of its unproven bearers. A proven request frees its place there.
  #proven(waiting: Waiting, known: Caller): Promise<Refusal | null> {
    if (waiting.known !== null || !waiting.hasPlace) return ADMITTED();
    this.#release(waiting);
    Object.assign(waiting, this.#shareOf(waiting.request, { ...waiting, known }));
    return this.#admitAgain(waiting);
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

  #refuse({ known, resume, request, response }: Waiting, details: Readonly<Record<string, unknown>>): void {
    this.refused += 1;
    const refusal = refuse('overloaded', {
      details: { retryable: true, ...details },
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
    if (resume) return resume(refusal);
    request.admission = { refusal, known, release: NOTHING, admitAgain: ADMITTED, proven: ADMITTED };
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
