// Tells Redis Streams what happens in every zone. It is called when a zone has something new, of which it keeps a little; the
// rest it reads from the journal like any subscriber who comes back, so nothing waits for it. What happened while Redis was
// away it finds by comparing cursors with the journal once Redis is there.
import type { Logger } from 'pino';
import type { AlarmClock, Instant } from '../clock.ts';
import type { JournalEngine } from '../journal/journal.ts';
import { FEED_PAGE_ENTRIES, SINK_LOG_MS, SINK_LOOK_ZONES, SINK_RETRY_MS_MAX } from '../limits.ts';
import type { ChangeSink } from '../zone/messages/announcing.ts';
import type { Announcement } from '../zone/messages/messages.ts';
import type { Zones } from '../zone/zones.ts';
import { batchesOf } from './batches.ts';
import { readCursor, writeCursor, wholeUpTo, type Cursor } from './cursor.ts';
import { Fresh } from './fresh.ts';
import { Places } from './places.ts';
import { SinkError, Streams } from './redis.ts';
import { Rounds, type TurnEnd } from './rounds.ts';

export interface SinkSettings {
  readonly url: string;
  readonly maxLen: number;
  /** Signs messages; null for no signatures. */
  readonly key: Buffer | null;
  readonly journal: JournalEngine;
  readonly clock: AlarmClock;
  readonly log: Logger;
}

interface Page {
  readonly announcements: readonly Announcement[];
  /** The last entry there is. */
  readonly head: number;
}

export class Sink implements ChangeSink {
  readonly #settings: SinkSettings;
  readonly #streams: Streams;
  readonly #places = new Places();
  readonly #fresh = new Fresh();
  readonly #rounds: Rounds;
  /** Zones that sleep but for the sink, and when it last asked them. */
  readonly #woken = new Map<string, Instant>();
  #zones: Zones | null = null;
  /** How often Redis was found; a search belongs to one finding. */
  #findings = 0;
  /** Redis was asked about every zone since the start, so every entry that it does not have is known. */
  #hasLooked = false;
  #messages = 0;
  #failures = 0;
  #isStopping = false;
  #looking: Promise<void> = Promise.resolve();
  #cancelLook: () => void = () => {};
  #logged = { reason: '', at: -Infinity };

  constructor(settings: SinkSettings) {
    this.#settings = settings;
    const { url, maxLen, clock, log } = settings;
    this.#rounds = new Rounds({
      clock,
      turn: (zone) => this.#turn(zone),
      onIdle: (zone) => this.#letSleep(zone),
    });
    this.#streams = new Streams({ url, maxLen, clock, log, onUp: () => this.#up(), onDown: () => this.#down() });
  }

  /** Begins to tell. */
  start(zones: Zones): void {
    this.#zones = zones;
    this.#streams.connect();
  }

  woke(zone: string, seq: number): void {
    this.#places.stands(zone, seq, seq);
    if (!this.#places.isTold(zone, seq)) this.#rounds.call(zone);
  }

  stored(zone: string, seq: number, make: () => Announcement): void {
    this.#places.stands(zone, seq, seq - 1);
    if (this.#rounds.call(zone)) this.#fresh.keep(zone, seq, make);
  }

  get isConnected(): boolean {
    return this.#streams.isUp;
  }

  /** Entries that Redis has yet to be told of, of the zones that are known to be behind. */
  get lag(): number {
    return this.#places.lag;
  }

  /** The same; null until Redis was asked about every zone since the start. */
  get pending(): number | null {
    return this.#hasLooked ? this.lag : null;
  }

  /** Messages that were appended to streams. */
  get messages(): number {
    return this.#messages;
  }

  /** Times that Redis or a zone could not be asked. */
  get failures(): number {
    return this.#failures;
  }

  /** Tells what there is to tell, as far as Redis can be reached, for so long at most; the rest is told after the next start. */
  async drain(graceMs: number): Promise<void> {
    const { clock } = this.#settings;
    let cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = clock.at(clock.now() + graceMs, resolve);
    });
    await Promise.race([this.#rounds.quiet(), over]);
    cancel();
    this.#isStopping = true;
    this.#down();
    this.#streams.close();
    await this.#rounds.quiet();
    await this.#looking;
  }

  #up(): void {
    if (this.#isStopping) return;
    this.#findings += 1;
    this.#rounds.open();
    this.#looking = this.#look(this.#findings);
  }

  #down(): void {
    this.#cancelLook();
    this.#rounds.close();
    this.#places.doubt();
    this.#fresh.clear();
    this.#woken.clear();
  }

  /** Finds every zone of which Redis was not told all, asleep or awake, without waking any: two numbers are compared. */
  async #look(finding: number): Promise<void> {
    try {
      let some: string[] = [];
      for await (const zone of this.#settings.journal.zones()) {
        some.push(zone);
        if (some.length < SINK_LOOK_ZONES) continue;
        await this.#compare(some, finding);
        some = [];
        if (!this.#isCurrent(finding)) return;
      }
      if (some.length > 0) await this.#compare(some, finding);
      if (this.#isCurrent(finding)) this.#hasLooked = true;
    } catch (error) {
      if (!this.#isCurrent(finding)) return;
      this.#failed(error, {});
      const { clock } = this.#settings;
      this.#cancelLook = clock.at(clock.now() + SINK_RETRY_MS_MAX, () => {
        this.#looking = this.#look(finding);
      });
    }
  }

  async #compare(zones: readonly string[], finding: number): Promise<void> {
    const cursors = await this.#streams.cursors(zones);
    for (const [index, zone] of zones.entries()) {
      const head = await this.#settings.journal.head(zone);
      await this.#rounds.room();
      if (!this.#isCurrent(finding)) return;
      const cursor = cursors[index] ?? '';
      if (cursor === String(head)) continue;
      if (this.#places.cursor(zone) === null) this.#places.told(zone, cursor);
      this.#places.stands(zone, head, head);
      this.#rounds.call(zone);
    }
  }

  #isCurrent(finding: number): boolean {
    return finding === this.#findings && this.#streams.isUp && !this.#isStopping;
  }

  /** Tells a page of what is new in a zone. */
  async #turn(zone: string): Promise<TurnEnd> {
    try {
      return await this.#tell(zone, this.#places.cursor(zone) ?? (await this.#ask(zone)));
    } catch (error) {
      this.#places.doubtOf(zone);
      this.#fresh.drop(zone);
      if (this.#streams.isUp) this.#failed(error, { zone });
      return 'failed';
    }
  }

  async #ask(zone: string): Promise<string> {
    const [cursor = ''] = await this.#streams.cursors([zone]);
    this.#places.told(zone, cursor);
    return cursor;
  }

  async #tell(zone: string, stored: string): Promise<TurnEnd> {
    const cursor = readCursor(stored);
    if (cursor === null) throw new SinkError('the cursor of the zone is no place in a journal');
    const page = await this.#read(zone, cursor);
    if (page.head < cursor.seq) return this.#startFrom(zone, page.head, stored);
    const batches = batchesOf(zone, page.announcements, cursor, this.#settings.key);
    let expected = stored;
    for (let batch = batches.next().value; batch && !this.#isStopping;) {
      const appending = this.#streams.append({ ...batch, zone, expected });
      const { messages, next } = batch;
      // Made while Redis is at work.
      batch = batches.next().value;
      expected = await appending;
      this.#places.told(zone, expected);
      // Redis knows better: what it was told last has arrived after all, or it lost some of it.
      if (expected !== next) return 'more';
      this.#messages += messages.length;
    }
    const last = page.announcements.at(-1)?.seq ?? cursor.seq;
    this.#fresh.told(zone, last);
    return last < page.head ? 'more' : 'done';
  }

  async #read(zone: string, cursor: Cursor): Promise<Page> {
    const fresh = this.#fresh.page(zone, wholeUpTo(cursor));
    const last = fresh.at(-1);
    if (last) return { announcements: fresh, head: Math.max(last.seq, this.#places.head(zone)) };
    const zones = this.#zones;
    if (zones === null) throw new SinkError('there are no zones yet');
    const now = this.#settings.clock.now();
    if (this.#woken.has(zone) || !zones.isAwake(zone)) this.#woken.set(zone, now);
    const input = { after: wholeUpTo(cursor), most: FEED_PAGE_ENTRIES };
    const { seq, answer } = await (await zones.get(zone)).look({ type: 'zone.announcements', input }, ASK);
    if (!('code' in answer)) return { announcements: answer.announcements, head: seq ?? 0 };
    if (answer.code === 'invalid_cursor' && seq !== null) return { announcements: [], head: seq };
    throw new SinkError(answer.code);
  }

  /**
   * The data directory was replaced by an older one: what Redis was told then is not in it. What has happened here since is told,
   * however long Redis was away.
   */
  async #startFrom(zone: string, head: number, stored: string): Promise<TurnEnd> {
    const seq = Math.min(head, this.#places.began(zone) ?? head);
    this.#settings.log.warn(
      { zone, cursor: stored, head, from: seq },
      'the journal ends before what was told; told from where it was found',
    );
    const next = writeCursor({ seq, place: null });
    this.#places.told(zone, await this.#streams.append({ zone, expected: stored, next, messages: [] }));
    return 'more';
  }

  #letSleep(zone: string): void {
    const since = this.#woken.get(zone);
    if (since === undefined) return;
    this.#woken.delete(zone);
    this.#zones?.release(zone, since);
  }

  #failed(error: unknown, fields: { readonly zone?: string }): void {
    this.#failures += 1;
    const reason = error instanceof SinkError ? error.message : 'internal_error';
    const now = this.#settings.clock.now();
    if (reason === this.#logged.reason && now - this.#logged.at < SINK_LOG_MS) return;
    this.#logged = { reason, at: now };
    const what = { ...fields, reason, ...(error instanceof SinkError ? {} : { err: error }) };
    this.#settings.log.warn(what, 'what happened could not be told to the streams; it is tried again');
  }
}

const ASK = { caller: { kind: 'operator' }, requestId: 'sink', traceId: null } as const;
