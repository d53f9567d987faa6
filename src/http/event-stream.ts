// One reader of a zone's events: Server-Sent Events (WHATWG HTML, section 9.2). It first reads from the journal what it has not
// seen, then follows. It is never waited for: too many bytes on the way, and it is let go to resume from where it was.
import type { ServerResponse } from 'node:http';
import type { Audience, Encoded, Follower, Following } from '../feed.ts';
import { EVENT_READER_BYTES_MAX } from './limits.ts';
import type { Announcement, Message, Topic } from '../zone/messages/messages.ts';

/** The last event seen: everything of entry `seq`, or of it what stands up to `place`. */
export interface EventPlace {
  readonly seq: number;
  readonly place: number | null;
}

/** What a reader wants, and what it may see. */
export interface Interest {
  readonly topics: readonly Topic[];
  /** Null for whoever may see everything. */
  readonly applicationId: string | null;
}

/** Announcements of entries after one. */
export interface EventPage {
  readonly announcements: readonly Announcement[];
  /** The last entry that it reaches to. */
  readonly upTo: number;
  /** Whether that was the last entry there was. */
  readonly isLast: boolean;
}

/** Reads on behind an entry; null where the stream must end. */
export type ReadOn = (after: number) => Promise<EventPage | null>;

const audienceOf = ({ topics, applicationId }: Interest): Audience => {
  const wanted = new Set<Topic>(topics);
  const isFor = ({ topic, audience }: Message): boolean =>
    wanted.has(topic) && (applicationId === null || audience === undefined || audience.includes(applicationId));
  return {
    key: JSON.stringify([topics.toSorted(), applicationId]),
    encode: (announcements) => {
      const frames = announcements.flatMap((each) => framesOf(each, isFor));
      return { bytes: Buffer.from(frames.join('')), events: frames.length };
    },
  };
};

// The id of the last message is that of its entry, so that whoever saw it has seen all of the entry.
const framesOf = ({ seq, messages }: Announcement, isFor: (message: Message) => boolean): string[] => {
  const last = messages.at(-1)?.place;
  return messages.filter(isFor).map(({ place, topic, payload }) => {
    const id = place === last ? seq : `${seq}.${place}`;
    return `id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify(payload)}\n\n`;
  });
};

/** The entry after which reading from a place begins: within an entry, that entry is read once more. */
export const firstAfter = ({ seq, place }: EventPlace): number => (place === null ? seq : seq - 1);

export class EventStream implements Follower {
  readonly audience: Audience;
  readonly #response: ServerResponse;
  readonly #readOn: ReadOn;
  #following: Following | null = null;
  #isOver = false;
  /** More waited for it than it should when the last comment was due, and has not been taken in since. */
  #isStuck = false;
  #seq = 0;

  constructor(response: ServerResponse, interest: Interest, readOn: ReadOn) {
    this.audience = audienceOf(interest);
    this.#response = response;
    this.#readOn = readOn;
  }

  /** Begins to tell what comes after a place; `isNow` where nothing has come after it yet. */
  begin(following: Following, place: EventPlace, isNow: boolean): void {
    this.#following = following;
    this.#response.once('close', () => following.end());
    this.#seq = place.seq;
    if (this.#isOver || this.#response.destroyed) this.closed();
    else if (!isNow || !following.join(place.seq)) void this.#catchUp(place);
  }

  write(encoded: Encoded, seq: number): boolean {
    this.#seq = seq;
    this.#give(encoded);
    if (this.#response.writableLength <= EVENT_READER_BYTES_MAX) return !this.#response.destroyed;
    this.#response.destroy();
    return false;
  }

  missed(): void {
    void this.#catchUp({ seq: this.#seq, place: null });
  }

  closed(): void {
    this.#isOver = true;
    if (this.#following === null) return;
    this.#following.end();
    this.#response.end();
  }

  /**
   * A comment, so that nobody on the way takes a quiet stream for a dead one. Whoever has not even taken in what waited for it
   * the last time is let go: it would keep its place, and what waits, for as long as its bearer counts.
   */
  keepAlive(): void {
    const { writableNeedDrain } = this.#response;
    if (writableNeedDrain && this.#isStuck) return void this.#response.destroy();
    this.#isStuck = writableNeedDrain;
    if (writableNeedDrain) this.#response.once('drain', () => (this.#isStuck = false));
    else this.#response.write(': \n\n');
  }

  /** Reads the journal to its end, and follows from there; again, where more has come than is remembered for those who follow. */
  async #catchUp(from: EventPlace): Promise<void> {
    let page = await this.#read(firstAfter(from), from.place);
    while (page && !(page.isLast && this.#following?.join(this.#seq))) page = await this.#read(this.#seq, null);
  }

  /** Tells of the entries after one, the first of them only behind a place. Null where the stream has ended. */
  async #read(after: number, place: number | null): Promise<EventPage | null> {
    const page = await this.#readOn(after);
    if (page === null || this.#response.destroyed) {
      this.closed();
      return null;
    }
    const { announcements, upTo } = page;
    const unseen =
      place === null ? announcements : announcements.map((each, index) => (index === 0 ? behind(each, place) : each));
    this.#seq = upTo;
    if (!this.#give(this.audience.encode(unseen))) await this.#drained();
    return this.#response.destroyed ? null : page;
  }

  /** False where it is better to wait before there is more. */
  #give({ bytes, events }: Encoded): boolean {
    if (events === 0) return true;
    this.#following?.delivered(events);
    return this.#response.write(bytes);
  }

  #drained(): Promise<void> {
    const response = this.#response;
    return new Promise((resolve) => {
      const done = () => {
        response.off('drain', done).off('close', done);
        resolve();
      };
      response.on('drain', done).on('close', done);
      if (response.destroyed) done();
    });
  }
}

const behind = (announcement: Announcement, place: number): Announcement => ({
  ...announcement,
  messages: announcement.messages.filter((message) => message.place > place),
});
