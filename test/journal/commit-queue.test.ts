// The commit loop by itself, with a disk that answers when the test says so.
import { expect } from 'chai';
import { CommitQueue } from '../../src/journal/commit-queue.ts';
import type { JournalWriter } from '../../src/journal/journal.ts';
import type { ZoneRecord } from '../../src/journal/layout.ts';
import { BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, journalLimits } from '../../src/journal/limits.ts';
import { failureOf, record } from './contract.ts';

interface Commit {
  readonly records: string[];
  succeed(): void;
  fail(): void;
}

/** A disk whose every batch waits to be answered. */
class HeldDisk {
  readonly queue = new CommitQueue(journalLimits(), (batch) => this.#hold(batch));
  readonly #held: Commit[] = [];
  #arrived: () => void = () => undefined;

  /** The next batch that was handed over. */
  async next(): Promise<Commit> {
    for (;;) {
      const commit = this.#held.shift();
      if (commit !== undefined) return commit;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  open(zone: string): Promise<JournalWriter> {
    return this.queue.take(zone, async () => ({ start: 0, epoch: 1 }));
  }

  #hold(batch: readonly ZoneRecord[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const records = batch.map(({ zone, seq }) => `${zone}${seq}`);
      this.#held.push({ records, succeed: resolve, fail: () => reject(new Error('no space left')) });
      this.#arrived();
    });
  }
}

describe('the commit queue', () => {
  it('gathers what all zones append while a batch is being stored into the next one', async () => {
    const disk = new HeldDisk();
    const [a, b] = [await disk.open('a'), await disk.open('b')];
    const appends = [a.append(record(1))];
    const first = await disk.next();
    appends.push(b.append(record(1)), a.append(record(2)), b.append(record(2)));
    first.succeed();
    const second = await disk.next();
    second.succeed();
    await Promise.all(appends);
    expect([first.records, second.records]).to.deep.equal([['a1'], ['b1', 'a2', 'b2']]);
  });

  it('bounds a batch by its records', async () => {
    const disk = new HeldDisk();
    const a = await disk.open('a');
    const appends = Array.from({ length: BATCH_ENTRIES_MAX + 1 }, () => a.append(record(a.next)));
    const [first, second] = [await disk.next(), disk.next()];
    first.succeed();
    (await second).succeed();
    await Promise.all(appends);
    expect(first.records).to.have.length(BATCH_ENTRIES_MAX);
  });

  it('bounds a batch by its bytes', async () => {
    const disk = new HeldDisk();
    const a = await disk.open('a');
    const data = Buffer.alloc(BATCH_BYTES_MAX / 4);
    const appends = Array.from({ length: 5 }, () => a.append({ seq: a.next, data, body: null }));
    const [first, second] = [await disk.next(), disk.next()];
    first.succeed();
    (await second).succeed();
    await Promise.all(appends);
    expect(first.records).to.have.length(4);
  });

  it('tells after a failure which records are certain not to be stored', async () => {
    const disk = new HeldDisk();
    const [a, b] = [await disk.open('a'), await disk.open('b')];
    const handedOver = failureOf(() => a.append(record(1)));
    const commit = await disk.next();
    const waiting = [failureOf(() => a.append(record(2))), failureOf(() => b.append(record(1)))];
    commit.fail();
    expect(await handedOver).to.include({ code: 'UNAVAILABLE', nothingStored: false });
    for (const failure of await Promise.all(waiting)) {
      expect(failure).to.include({ code: 'UNAVAILABLE', nothingStored: true });
    }
    expect((await b.ended).code).to.equal('UNAVAILABLE');
  });

  it('asks where history ends only after the earlier writer’s batch has come to its end', async () => {
    const disk = new HeldDisk();
    const earlier = await disk.open('a');
    const appended = earlier.append(record(1));
    const commit = await disk.next();
    let asked = false;
    const later = disk.queue.take('a', async () => {
      asked = true;
      return { start: 1, epoch: 2 };
    });
    expect((await earlier.ended).code).to.equal('FENCED');
    expect(asked).to.equal(false);
    commit.succeed();
    await appended;
    expect((await later).start).to.equal(1);
  });
});
