// Changes on their way to those who follow a zone. What is told at one moment is made into bytes once for all who may see the
// same, and goes out in slices, so that a thousand followers cost little more than a few. Whoever is behind is not waited
// for: it reads the journal up to here, and joins.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmClock } from './clock.ts';
import { FEED_RECENT_ENTRIES_MAX, FEED_RECENT_MESSAGES_MAX, SLICE_READERS } from './limits.ts';
import type { ChangeFeed } from './zone/messages/announcing.ts';
import type { Announcement } from './zone/messages/messages.ts';

/** Those who may see the same and want the same. */
export interface Audience {
  /** The same for the same audience. */
  readonly key: string;
  /** What of these is for this audience. */
  encode(announcements: readonly Announcement[]): Encoded;
}

/** Events as they go out. */
export interface Encoded {
  readonly bytes: Buffer;
  readonly events: number;
}

export interface Follower {
  readonly audience: Audience;
  /** Takes what tells everything up to `seq`. False where it takes no more: it is let go. */
  write(encoded: Encoded, seq: number): boolean;
  /** Something was missed: it has to read the journal from where it was, and join again. */
  missed(): void;
  /** Nothing more comes: the process stops. */
  closed(): void;
}

/** With many followers changes gather before they go out, a millisecond for so many of them, and no longer than this. */
const MANY_FOLLOWERS = 50;
const FOLLOWERS_PER_MS = 20;
const GATHER_MS_MAX = 50;

/** One zone that is followed. */
class Channel {
  /** With the last announcement that each has been given. */
  readonly #followers = new Map<Follower, number>();
  readonly #clock: AlarmClock;
  #recent: Announcement[] = [];
  #recentMessages = 0;
  #sending = false;

  /** Followers that have yet to join keep it open too. */
  expected = 0;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
  }

  get isIdle(): boolean {
    return this.#followers.size === 0 && this.expected === 0;
  }

  publish(announcement: Announcement): void {
    const last = this.#recent.at(-1);
    if (last && announcement.seq !== last.seq + 1) this.#startAnew();
    this.#recent.push(announcement);
    this.#recentMessages += announcement.messages.length;
    this.#trim();
    if (!this.#sending) void this.#send();
  }

  /** From now on everything after `seq`; false where that is not known here any more. */
  join(follower: Follower, seq: number): boolean {
    const [first] = this.#recent;
    if (first && first.seq > seq + 1) return false;
    this.#followers.set(follower, seq);
    if (!this.#sending && (this.#recent.at(-1)?.seq ?? 0) > seq) void this.#send();
    return true;
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
  }

  // One sender at a time, so that everybody is told in order. What comes meanwhile is told in the next round.
  async #send(): Promise<void> {
    this.#sending = true;
    await nextTurn();
    while (this.#isAnybodyBehind()) {
      await this.#round();
      await (this.#followers.size > MANY_FOLLOWERS ? this.#gather() : nextTurn());
    }
    this.#sending = false;
  }

  #gather(): Promise<void> {
    const gatherMs = Math.min(GATHER_MS_MAX, this.#followers.size / FOLLOWERS_PER_MS);
    return new Promise((resolve) => {
      this.#clock.at(this.#clock.now() + gatherMs, resolve);
    });
  }

  #isAnybodyBehind(): boolean {
    const last = this.#recent.at(-1)?.seq ?? 0;
    for (const seq of this.#followers.values()) if (seq < last) return true;
    return false;
  }

  async #round(): Promise<void> {
    const recent = [...this.#recent];
    const last = recent.at(-1)?.seq ?? 0;
    const encoded = new Map<string, Encoded>();
    let written = 0;
    for (const [follower, seq] of [...this.#followers]) {
      if (seq >= last || this.#followers.get(follower) !== seq) continue;
      this.#tell(follower, seq, { recent, last, encoded });
      written += 1;
      if (written % SLICE_READERS === 0) await nextTurn();
    }
  }

  #tell(follower: Follower, seq: number, { recent, last, encoded }: Round): void {
    const first = recent[0]?.seq ?? 0;
    if (first > seq + 1) {
      this.leave(follower);
      return follower.missed();
    }
    const { audience } = follower;
    const key = `${seq} ${audience.key}`;
    const unseen = encoded.get(key) ?? audience.encode(recent.slice(seq + 1 - first));
    encoded.set(key, unseen);
    if (follower.write(unseen, last)) this.#followers.set(follower, last);
    else this.leave(follower);
  }

  #trim(): void {
    while (
      this.#recent.length > FEED_RECENT_ENTRIES_MAX ||
      (this.#recentMessages > FEED_RECENT_MESSAGES_MAX && this.#recent.length > 1)
    ) {
      this.#recentMessages -= this.#recent.shift()?.messages.length ?? 0;
    }
  }

  /** Changes happened that nobody told here. */
  #startAnew(): void {
    this.#recent = [];
    this.#recentMessages = 0;
    const followers = [...this.#followers.keys()];
    this.#followers.clear();
    for (const follower of followers) follower.missed();
  }
}

interface Round {
  readonly recent: readonly Announcement[];
  readonly last: number;
  readonly encoded: Map<string, Encoded>;
}

/** Someone's place at a zone's channel, from before it knows where it stands until it goes. */
export interface Following {
  /** From now on everything after entry `seq`; false where that has to be read from the journal first. */
  join(seq: number): boolean;
  /** So many events were given to it. */
  delivered(events: number): void;
  end(): void;
}

export class Feed implements ChangeFeed {
  readonly #clock: AlarmClock;
  readonly #channels = new Map<string, Channel>();
  readonly #followers = new Set<Follower>();
  #published = 0;
  #delivered = 0;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
  }

  /** Everybody that follows, whatever the zone. */
  get followers(): number {
    return this.#followers.size;
  }

  wants(zone: string): boolean {
    return this.#channels.has(zone);
  }

  /** Messages that were handed to followers' zones since the start, however many followed. */
  get published(): number {
    return this.#published;
  }

  /** Events that were given to followers since the start, each as often as there were followers for it. */
  get delivered(): number {
    return this.#delivered;
  }

  publish(zone: string, announcement: Announcement): void {
    this.#published += announcement.messages.length;
    this.#channels.get(zone)?.publish(announcement);
  }

  /** From this moment on the changes of the zone are kept for the follower, who first finds out where it stands. */
  follow(zone: string, follower: Follower): Following {
    const channel = this.#channels.get(zone) ?? new Channel(this.#clock);
    this.#channels.set(zone, channel);
    channel.expected += 1;
    this.#followers.add(follower);
    let ended = false;
    return {
      join: (seq) => !ended && channel.join(follower, seq),
      delivered: (events) => {
        this.#delivered += events;
      },
      end: () => {
        if (ended) return;
        ended = true;
        this.#followers.delete(follower);
        channel.expected -= 1;
        channel.leave(follower);
        if (channel.isIdle) this.#channels.delete(zone);
      },
    };
  }

  /** Lets everybody go. */
  close(): void {
    for (const follower of [...this.#followers]) follower.closed();
  }
}
