// The key space of one checkpoint, its generation. A checkpoint is rebuilt if the stored one is of another version. The new
// one has a separate key space, so that the old one stays unchanged until one batch replaces its record. Until then the
// record of the new one has another key, and is never read as a checkpoint.
import type {
  CheckpointBatch,
  RangeOptions,
  SnapshotStore,
  StoredValue,
  ViewOptions,
  ZoneReader,
  ZoneView,
} from '../../journal/journal.ts';
import { SWEEP_STEP_KEYS } from '../../limits.ts';
import { keys, prefixes } from './stored-keys.ts';

/** The keys of generation 0 have no prefix: versions without generations stored checkpoints like that. */
const prefixOf = (generation: number): string => (generation === 0 ? '' : `g${generation}/`);

const GENERATIONS = 'g';
const GENERATION = /^g(\d+)\//;
/** After every key of a generation. */
const AFTER = '\x7f';

type RecordKey = typeof keys.checkpoint | typeof keys.building;

/** Returns the store as seen by one generation; `recordKey` is the key of the record of its checkpoint. */
export const generationStore = (
  store: SnapshotStore,
  generation: number,
  recordKey: RecordKey = keys.checkpoint,
): SnapshotStore => (generation === 0 ? store : new GenerationStore(store, prefixOf(generation), recordKey));

class GenerationStore implements SnapshotStore {
  readonly #store: SnapshotStore;
  readonly #prefix: string;
  readonly #recordKey: RecordKey;

  constructor(store: SnapshotStore, prefix: string, recordKey: RecordKey) {
    this.#store = store;
    this.#prefix = prefix;
    this.#recordKey = recordKey;
  }

  get(zone: string, key: string): Buffer | undefined {
    return this.#store.get(zone, this.#place(key));
  }

  range(zone: string, prefix: string, options: RangeOptions = {}): AsyncIterable<StoredValue> {
    return within(this.#prefix, this.#store.range(zone, this.#prefix + prefix, boundsOf(this.#prefix, options)));
  }

  async *keys(zone: string, prefix: string, options: RangeOptions = {}): AsyncIterable<string> {
    const found = this.#store.keys(zone, this.#prefix + prefix, boundsOf(this.#prefix, options));
    for await (const key of found) yield key.slice(this.#prefix.length);
  }

  view(zone: string, options?: ViewOptions): ZoneView {
    const view = this.#store.view(zone, options);
    return {
      ...readerOf(view, this.#prefix),
      head: () => view.head(),
      at: (seq) => view.at(seq),
      read: (from, to) => view.read(from, to),
      close: () => view.close(),
    };
  }

  begin(zone: string): CheckpointBatch {
    const batch = this.#store.begin(zone);
    return {
      put: (key, value) => batch.put(this.#place(key), value),
      del: (key) => batch.del(this.#place(key)),
      commit: () => batch.commit(),
      discard: () => batch.discard(),
    };
  }

  #place(key: string): string {
    return key === keys.checkpoint ? this.#recordKey : this.#prefix + key;
  }
}

/** Reads one generation in a view, without the record of the checkpoint. */
export const generationReader = (reader: ZoneReader, generation: number): ZoneReader =>
  generation === 0 ? reader : readerOf(reader, prefixOf(generation));

const readerOf = (reader: ZoneReader, start: string): ZoneReader => ({
  get: (key) => reader.get(start + key),
  range: (prefix, options = {}) => within(start, reader.range(start + prefix, boundsOf(start, options))),
});

const boundsOf = (start: string, { before, after, ...options }: RangeOptions): RangeOptions => ({
  ...options,
  ...(before !== undefined && { before: start + before }),
  ...(after !== undefined && { after: start + after }),
});

async function* within(start: string, values: AsyncIterable<StoredValue>): AsyncIterable<StoredValue> {
  for await (const { key, value } of values) yield { key: key.slice(start.length), value };
}

/** The keys of a zone that belong to other generations than the current one. Their values may be damaged and are not read. */
export class Leftovers {
  readonly #store: SnapshotStore;
  readonly #zone: string;
  readonly #current: number;

  constructor(store: SnapshotStore, zone: string, current: number) {
    this.#store = store;
    this.#zone = zone;
    this.#current = current;
  }

  /** Deletes some of them in one batch. Returns false if there were none. */
  async deleteSome(): Promise<boolean> {
    const found: string[] = [];
    for await (const key of this.#keys()) {
      found.push(key);
      if (found.length === SWEEP_STEP_KEYS) break;
    }
    if (found.length === 0) return false;
    const batch = this.#store.begin(this.#zone);
    for (const key of found) batch.del(key);
    await batch.commit();
    return true;
  }

  async *#keys(): AsyncGenerator<string> {
    const old = this.#current === 0 ? [] : [prefixes.live, prefixes.archive, prefixes.ages, prefixes.histories];
    for (const prefix of old) yield* this.#store.keys(this.#zone, prefix);
    let generation = await this.#generationAfter('');
    while (generation !== null) {
      if (generation !== this.#current) yield* this.#store.keys(this.#zone, prefixOf(generation));
      generation = await this.#generationAfter(prefixOf(generation) + AFTER);
    }
    yield* this.#store.keys(this.#zone, keys.building);
  }

  async #generationAfter(after: string): Promise<number | null> {
    for await (const key of this.#store.keys(this.#zone, GENERATIONS, { after })) {
      const [, generation] = GENERATION.exec(key) ?? [];
      if (generation !== undefined) return Number(generation);
    }
    return null;
  }
}
