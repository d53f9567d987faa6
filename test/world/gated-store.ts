// A store whose reads and checkpoints a test can pause at a chosen place, to run other work meanwhile.
import type { CheckpointBatch, Store, ZoneView } from '../../src/journal/journal.ts';
import { openMemoryStore, type MemoryStoreOptions } from '../../src/journal/memory-engine.ts';

/** A place where work pauses until the test resumes it. */
class Gate {
  #isClosed = false;
  #onArrival: () => void = () => {};
  #open: () => void = () => {};

  /** Makes work pause here from now on; resolves when some has arrived. */
  close(): Promise<void> {
    this.#isClosed = true;
    return new Promise((resolve) => (this.#onArrival = resolve));
  }

  /** Resumes the paused work, and pauses the next; resolves when that has arrived. */
  step(): Promise<void> {
    const next = this.close();
    this.#open();
    return next;
  }

  open(): void {
    this.#isClosed = false;
    this.#open();
  }

  async pass(): Promise<void> {
    if (!this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#open = resolve;
      this.#onArrival();
    });
  }
}

export interface Gates {
  /** Between two values of a view. */
  readonly values: Gate;
  /** Between two snapshots of live actors, which a zone reads when it wakes. */
  readonly restores: Gate;
  /** Between two records of the journal. */
  readonly records: Gate;
  /** Before a checkpoint is stored. */
  readonly checkpoints: Gate;
}

export const newGates = (): Gates => ({
  values: new Gate(),
  restores: new Gate(),
  records: new Gate(),
  checkpoints: new Gate(),
});

async function* through<Item>(items: AsyncIterable<Item>, gate: Gate): AsyncIterable<Item> {
  for await (const item of items) {
    yield item;
    await gate.pass();
  }
}

/** The same object with some of its methods replaced. */
const replacing = <Of extends object>(whole: Of, replaced: Partial<Of>): Of =>
  new Proxy(whole, {
    get: (target, name) => {
      const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

export const gatedStore = ({ values, restores, records, checkpoints }: Gates, options: MemoryStoreOptions): Store => {
  const { journal, snapshots, close } = openMemoryStore(options);
  const gatedView = (view: ZoneView): ZoneView =>
    replacing(view, { range: (prefix, wanted) => through(view.range(prefix, wanted), values) });
  const gatedBatch = (batch: CheckpointBatch): CheckpointBatch =>
    replacing(batch, { commit: () => checkpoints.pass().then(() => batch.commit()) });
  return {
    journal: replacing(journal, { read: (zone, from, to) => through(journal.read(zone, from, to), records) }),
    snapshots: replacing(snapshots, {
      range: (zone, prefix, wanted) => {
        const found = snapshots.range(zone, prefix, wanted);
        return prefix.startsWith('live/') ? through(found, restores) : found;
      },
      view: (zone, wanted) => gatedView(snapshots.view(zone, wanted)),
      begin: (zone) => gatedBatch(snapshots.begin(zone)),
    }),
    close,
  };
};
