// The open views of a store, bounded in number and in age. A reader that hangs must not prevent the database from dropping
// overwritten data. Every engine opens its views through this class.
import { JournalError, type JournalRecord, type RangeOptions, type StoredValue, type ZoneView } from '../journal.ts';
import { VIEW_MS_MAX, VIEWS_OPEN_MAX } from '../limits.ts';

export class OpenViews {
  readonly #open = new Set<BoundedView>();
  readonly #openMax: number;

  constructor(openMax: number = VIEWS_OPEN_MAX) {
    this.#openMax = openMax;
  }

  /** Opens a view made by `make`. Throws `VIEWS_FULL`. */
  open(make: () => ZoneView, msMax: number = VIEW_MS_MAX): ZoneView {
    if (this.#open.size >= this.#openMax) throw full(this.#openMax);
    const view = new BoundedView(make(), msMax, () => this.#open.delete(view));
    this.#open.add(view);
    return view;
  }

  /** Closes every view. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open, (view) => view.close()));
  }
}

class BoundedView implements ZoneView {
  readonly #inner: ZoneView;
  readonly #onEnd: () => void;
  readonly #timer: NodeJS.Timeout;
  #ended = false;

  constructor(inner: ZoneView, msMax: number, onEnd: () => void) {
    this.#inner = inner;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(() => void this.close(), msMax).unref();
  }

  get(key: string): Buffer | undefined {
    this.#assertOpen();
    return this.#inner.get(key);
  }

  range(prefix: string, options?: RangeOptions): AsyncIterable<StoredValue> {
    return this.#whileOpen(() => this.#inner.range(prefix, options));
  }

  head(): Promise<number> {
    this.#assertOpen();
    return this.#inner.head();
  }

  at(seq: number): JournalRecord {
    this.#assertOpen();
    return this.#inner.at(seq);
  }

  read(from: number, to?: number): AsyncIterable<JournalRecord> {
    return this.#whileOpen(() => this.#inner.read(from, to));
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#onEnd();
    await this.#inner.close();
  }

  async *#whileOpen<T>(begin: () => AsyncIterable<T>): AsyncIterable<T> {
    this.#assertOpen();
    for await (const each of begin()) {
      this.#assertOpen();
      yield each;
    }
  }

  #assertOpen(): void {
    if (this.#ended) throw viewEnded();
  }
}

/** `cause` is the error of the database, if there was one. */
export const viewEnded = (cause?: unknown): JournalError =>
  new JournalError('VIEW_ENDED', 'This view of the store has ended. Nothing is wrong; open another.', { cause });

const full = (most: number): JournalError =>
  new JournalError('VIEWS_FULL', `${most} views of the store are open, which is the limit. Try again later.`);
