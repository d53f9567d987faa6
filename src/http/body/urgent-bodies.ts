// Reads the bodies of verifications and stops. Such a request frees its place while its body arrives, so that clients that send
// half a body do not block other requests. The body has a short deadline. Above a number of bytes, the oldest body is refused.
import type { IncomingMessage } from 'node:http';
import type { AlarmClock } from '../../clock.ts';
import { URGENT_BODIES_BYTES_MAX, URGENT_BODY_MS_MAX } from '../limits.ts';
import { refuse } from '../../refusals.ts';
import type { RequestContext } from '../context.ts';
import type { Upgradable } from '../connection/upgradable.ts';
import { hasBody, type BodyOutcome, type ReadBody } from './body.ts';

interface Arriving {
  /** The most bytes that the body may have. */
  readonly bytes: number;
  readonly giveUp: () => void;
}

const LATE: BodyOutcome = { refusal: refuse('request_timeout') };

export class UrgentBodies {
  readonly #clock: AlarmClock;
  /** The oldest first. */
  readonly #arriving = new Set<Arriving>();
  #bytes = 0;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
  }

  /** Returns a reader for the bodies of urgent requests, from one that accepts at most `limitBytes`. */
  reader(readBody: ReadBody, limitBytes: number): ReadBody {
    return async (context) => {
      const { req } = context;
      if (!hasBody(req)) return readBody(context);
      const { admission } = req as Upgradable;
      admission?.release();
      const outcome = await this.#timed(context, readBody(context), Math.min(lengthOf(req), limitBytes));
      if (outcome === LATE) return outcome;
      const refusal = (await admission?.admitAgain()) ?? null;
      return refusal ? { refusal } : outcome;
    };
  }

  async #timed(context: RequestContext, reading: Promise<BodyOutcome>, bytes: number): Promise<BodyOutcome> {
    let cancel = () => {};
    let arriving: Arriving | null = null;
    const late = new Promise<BodyOutcome>((resolve) => {
      arriving = { bytes, giveUp: () => giveUp(context, resolve) };
      this.#add(arriving);
      cancel = this.#clock.at(this.#clock.now() + URGENT_BODY_MS_MAX, arriving.giveUp);
    });
    try {
      return await Promise.race([reading, late]);
    } finally {
      cancel();
      if (arriving) this.#remove(arriving);
    }
  }

  #add(arriving: Arriving): void {
    for (const oldest of this.#arriving) {
      if (this.#bytes + arriving.bytes <= URGENT_BODIES_BYTES_MAX) break;
      oldest.giveUp();
      this.#remove(oldest);
    }
    this.#arriving.add(arriving);
    this.#bytes += arriving.bytes;
  }

  #remove(arriving: Arriving): void {
    if (this.#arriving.delete(arriving)) this.#bytes -= arriving.bytes;
  }
}

// The rest of the body must not be taken for another request: the connection ends with the answer.
const giveUp = (context: RequestContext, resolve: (outcome: BodyOutcome) => void): void => {
  context.req.pause();
  context.set('Connection', 'close');
  resolve(LATE);
};

/** Infinite if the client does not declare it. */
const lengthOf = ({ headers }: IncomingMessage): number =>
  Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
