// The connection to Redis, and all that is asked of it. It is lost and found again by itself; nothing is queued for it or sent
// twice while it is away. Messages and the cursor they lead to are written by one script, and only where the cursor is where
// it is believed to be: whatever became of an answer that never came, and whatever Redis lost, no message is left out, and
// none that arrived is told again.
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { AlarmClock } from '../clock.ts';
import { SINK_ANSWER_MS_MAX, SINK_CONNECT_MS, SINK_CONNECT_MS_MAX, SINK_RETRY_MS_MAX } from '../limits.ts';
import { TOPICS } from '../zone/messages/messages.ts';
import { backoffMs } from './backoff.ts';
import type { Batch } from './batches.ts';

/** A hash: zone, and how far it was told. */
const CURSORS = 'caracal.coordinator.cursors';

// A script that fails in the middle undoes nothing, so the cursor goes last.
const APPEND = `
local stored = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if stored ~= ARGV[2] then return stored end
local at = 5
while at < #ARGV do
  local last = at + 1 + tonumber(ARGV[at + 1])
  redis.call('XADD', KEYS[tonumber(ARGV[at])], 'MAXLEN', '~', ARGV[4], '*', unpack(ARGV, at + 2, last))
  at = last + 1
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]`;

const KEYS = [CURSORS, ...TOPICS];

export interface Append extends Batch {
  readonly zone: string;
  /** What the cursor is believed to be. */
  readonly expected: string;
}

export interface StreamsSettings {
  readonly url: string;
  readonly maxLen: number;
  readonly clock: AlarmClock;
  readonly log: Logger;
  /** Redis can be asked; it may have lost what it knew. */
  readonly onUp: () => void;
  readonly onDown: () => void;
}

export class Streams {
  readonly #redis: Redis;
  readonly #settings: StreamsSettings;
  /** Gives up on what waits for an answer. At most one for each batch that is on its way. */
  readonly #asking = new Set<() => void>();
  #isUp = false;
  /** Nobody has to be told any more that it is away. */
  #isKnownAway = false;
  #givenUpAt = -Infinity;
  #problem = 'closed';

  constructor(settings: StreamsSettings) {
    this.#settings = settings;
    this.#redis = new Redis(settings.url, {
      lazyConnect: true,
      protocol: 2,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      connectTimeout: SINK_ANSWER_MS_MAX,
      commandTimeout: SINK_ANSWER_MS_MAX,
      connectionName: 'agent-coordinator',
      retryStrategy: (times) => backoffMs(times, SINK_CONNECT_MS, SINK_CONNECT_MS_MAX),
    });
    this.#redis.on('error', (error) => {
      this.#problem = reasonOf(error);
    });
    this.#redis.on('ready', () => this.#found());
    this.#redis.on('close', () => this.#lost());
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  connect(): void {
    // Why it failed came as an error, and it is tried again.
    this.#redis.connect().catch(() => {});
  }

  /** The cursors of these zones, empty where there is none. */
  async cursors(zones: readonly string[]): Promise<string[]> {
    const found = await this.#ask(() => this.#redis.hmget(CURSORS, ...zones));
    return found.map((cursor) => cursor ?? '');
  }

  /** Appends the messages and moves the cursor. Answers where the cursor is then: elsewhere, if it was not where it was expected. */
  async append({ zone, expected, next, messages }: Append): Promise<string> {
    const args = [zone, expected, next, String(this.#settings.maxLen)];
    for (const { stream, fields } of messages)
      args.push(String(KEYS.indexOf(stream) + 1), String(fields.length), ...fields);
    return String(await this.#ask(() => this.#redis.eval(APPEND, KEYS.length, ...KEYS, ...args)));
  }

  /** What is on its way may arrive or not. */
  close(): void {
    this.#isKnownAway = true;
    this.#redis.disconnect();
  }

  // What was asked over a connection that is lost is never answered, which ioredis leaves to the time limit. Whether it was done
  // is seen at the cursor.
  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    let giveUp = (): void => {};
    const lost = new Promise<never>((_, reject) => {
      giveUp = () => reject(new Error('closed'));
    });
    this.#asking.add(giveUp);
    try {
      return await Promise.race([question(), lost]);
    } catch (error) {
      const reason = reasonOf(error);
      if (OF_THE_CONNECTION.has(reason)) this.#connectAnew();
      throw new SinkError(reason);
    } finally {
      this.#asking.delete(giveUp);
    }
  }

  /** Not again and again, where that does not help. */
  #connectAnew(): void {
    const now = this.#settings.clock.now();
    if (!this.#isUp || now - this.#givenUpAt < SINK_RETRY_MS_MAX) return;
    this.#givenUpAt = now;
    this.#redis.disconnect(true);
  }

  #found(): void {
    this.#isUp = true;
    this.#isKnownAway = false;
    this.#settings.log.info({ redis: new URL(this.#settings.url).host }, 'the streams can be written');
    this.#settings.onUp();
  }

  #lost(): void {
    this.#isUp = false;
    for (const giveUp of this.#asking) giveUp();
    this.#settings.onDown();
    if (this.#isKnownAway) return;
    this.#isKnownAway = true;
    const fields = { redis: new URL(this.#settings.url).host, reason: this.#problem };
    this.#settings.log.warn(fields, 'the streams cannot be written; changes go on, and are told once they can be');
  }
}

/** Why something could not be asked of Redis, in words that may be logged. */
export class SinkError extends Error {
  override readonly name = 'SinkError';
}

/** A connection on which nothing comes back, or to one that is no longer the one that is written, may last for a long time. */
const OF_THE_CONNECTION = new Set(['Command timed out', 'READONLY']);

// Redis repeats in its sentences what it was sent, a password included; the first word says what is wrong.
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR';
  return 'code' in error ? String(error.code) : error.message;
};
