// What every engine promises, asked of each in the same words. A contents is what survives a restart: the same engine can
// be opened over it again, and records can be taken away or damaged behind its back.
import { expect } from 'chai';
import {
  JournalError,
  type JournalLimits,
  type JournalRecord,
  type JournalWriter,
  type RangeOptions,
  type Store,
  type ZoneView,
  withView,
} from '../../src/journal/journal.ts';
import { VIEWS_OPEN_MAX } from '../../src/journal/limits.ts';
import { eventually } from '../zone/stored.ts';

export interface Contents {
  open(limits?: Partial<JournalLimits>): Promise<Store>;
  /** Takes one record away. The store is closed. */
  lose(zone: string, seq: number): Promise<void>;
  /** Takes the body of one record away. The store is closed. */
  loseBody(zone: string, seq: number): Promise<void>;
  /** Flips one bit of the value of one record. The store is closed. */
  flip(zone: string, seq: number): Promise<void>;
  remove(): Promise<void>;
}

const ZONE = 'zone-1';
const FRESH = { atLeast: 0 };

export const record = (seq: number, text = `record ${seq}`): JournalRecord => ({
  seq,
  data: Buffer.from(text),
  body: null,
});

export async function appendMany(writer: JournalWriter, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => writer.append(record(writer.next))));
}

/** The error a promise or a call ends with; it must be one of the journal's. */
export async function failureOf(act: () => unknown): Promise<JournalError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
  throw new Error('expected a JournalError');
}

export const codeOf = async (act: () => unknown): Promise<string> => (await failureOf(act)).code;

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const seqs = async (records: AsyncIterable<JournalRecord>): Promise<number[]> =>
  (await collect(records)).map(({ seq }) => seq);

export function journalContract(name: string, create: () => Promise<Contents>): void {
  describe(`the ${name} journal`, () => {
    let contents: Contents;
    let store: Store;

    beforeEach(async () => {
      contents = await create();
      store = await contents.open();
    });

    afterEach(async () => {
      await store.close();
      await contents.remove();
    });

    /** Closes the store, lets something happen to its contents, and opens it again. */
    async function restart(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
      await store.close();
      await meanwhile();
      store = await contents.open();
    }

    async function reopenWith(limits: Partial<JournalLimits>): Promise<void> {
      await store.close();
      store = await contents.open(limits);
    }

    const open = (zone = ZONE): Promise<JournalWriter> => store.journal.open(zone, FRESH);

    async function withRecords(count: number): Promise<JournalWriter> {
      const writer = await open();
      await appendMany(writer, count);
      return writer;
    }

    async function checkpoint(values: Record<string, string | null>, zone = ZONE): Promise<void> {
      const batch = store.snapshots.begin(zone);
      for (const [key, value] of Object.entries(values)) {
        if (value === null) batch.del(key);
        else batch.put(key, Buffer.from(value));
      }
      await batch.commit();
    }

    describe('appending', () => {
      it('starts a new zone at 1', async () => {
        const writer = await open();
        expect([writer.start, writer.next, writer.stored]).to.deep.equal([0, 1, 0]);
      });

      it('acknowledges in order, and moves next at the call and stored at the acknowledgement', async () => {
        const writer = await open();
        const acknowledged: number[] = [];
        const appends = [1, 2, 3].map(async (seq) => {
          await writer.append(record(seq));
          acknowledged.push(seq);
        });
        expect([writer.next, writer.stored]).to.deep.equal([4, 0]);
        await Promise.all(appends);
        expect(acknowledged).to.deep.equal([1, 2, 3]);
        expect(writer.stored).to.equal(3);
      });

      it('refuses a sequence that is not the next one and moves nothing', async () => {
        const writer = await withRecords(2);
        expect(await codeOf(() => writer.append(record(2)))).to.equal('SEQUENCE');
        expect(await codeOf(() => writer.append(record(4)))).to.equal('SEQUENCE');
        await writer.append(record(3));
        expect(await seqs(store.journal.read(ZONE, 1))).to.deep.equal([1, 2, 3]);
      });

      it('refuses a record over the limit, data and body counted together, and goes on', async () => {
        await reopenWith({ entryBytesMax: 10 });
        const writer = await open();
        const large = { seq: 1, data: Buffer.alloc(6), body: Buffer.alloc(5) };
        const failure = await failureOf(() => writer.append(large));
        expect([failure.code, failure.nothingStored]).to.deep.equal(['TOO_LARGE', true]);
        await writer.append({ ...large, body: Buffer.alloc(4) });
      });

      it('refuses a record over the number that may wait, over all zones, and takes it once there is room', async () => {
        await reopenWith({ queuedEntriesMax: 3 });
        const [one, two] = [await open('one'), await open('two')];
        const queued = [one.append(record(1)), two.append(record(1)), one.append(record(2))];
        expect(two.hasRoom(1)).to.equal(false);
        const failure = await failureOf(() => two.append(record(2)));
        expect([failure.code, failure.nothingStored]).to.deep.equal(['FULL', true]);
        await Promise.all(queued);
        expect(two.hasRoom(1)).to.equal(true);
        await two.append(record(2));
      });

      it('keeps a part of the queue for urgent records', async () => {
        await reopenWith({ queuedEntriesMax: 10, entryBytesMax: 60, queuedBytesMax: 1_000 });
        const writer = await open();
        const queued = Array.from({ length: 9 }, (_, index) => writer.append(record(index + 1)));
        expect([writer.hasRoom(1, false), writer.hasRoom(1, true)]).to.deep.equal([false, true]);
        await Promise.all(queued);
        expect(writer.hasRoom(1, false)).to.equal(true);
      });

      it('refuses a record over the bytes that may wait', async () => {
        await reopenWith({ entryBytesMax: 60, queuedBytesMax: 100 });
        const writer = await open();
        const queued = writer.append({ seq: 1, data: Buffer.alloc(60), body: null });
        expect([writer.hasRoom(40), writer.hasRoom(41)]).to.deep.equal([true, false]);
        expect(await codeOf(() => writer.append({ seq: 2, data: Buffer.alloc(41), body: null }))).to.equal('FULL');
        await queued;
      });

      it('tells when everything up to a record is stored', async () => {
        const writer = await open();
        const appends = [writer.append(record(1)), writer.append(record(2))];
        await writer.storedUpTo(2);
        expect(writer.stored).to.equal(2);
        await writer.storedUpTo(1);
        expect(await codeOf(() => writer.storedUpTo(3))).to.equal('SEQUENCE');
        await Promise.all(appends);
      });

      it('keeps the zones apart under concurrent appends', async () => {
        const zones = ['a', 'a-b', 'a.b', 'a:b', 'A'];
        const writers = await Promise.all(zones.map(open));
        await Promise.all(writers.map((writer) => appendMany(writer, 200)));
        for (const zone of zones) {
          expect(await seqs(store.journal.read(zone, 1))).to.deep.equal(Array.from({ length: 200 }, (_, n) => n + 1));
        }
      });

      it('stores more than one batch holds, in order', async () => {
        const writer = await withRecords(3_000);
        expect(writer.stored).to.equal(3_000);
        await restart();
        expect(await seqs(store.journal.read(ZONE, 2_995))).to.deep.equal([2_995, 2_996, 2_997, 2_998, 2_999, 3_000]);
      });
    });

    describe('ownership', () => {
      it('fences the earlier writer when a zone is opened again', async () => {
        const earlier = await withRecords(2);
        const later = await open();
        expect(later.epoch).to.be.greaterThan(earlier.epoch);
        expect(await codeOf(() => earlier.append(record(3)))).to.equal('FENCED');
        expect(await codeOf(() => earlier.confirm())).to.equal('FENCED');
        expect((await earlier.ended).code).to.equal('FENCED');
        await later.confirm();
        await later.append(record(3));
      });

      it('knows what the earlier writer stored, and takes back what it still had waiting', async () => {
        const earlier = await open();
        const outcomes = [1, 2, 3].map((seq) =>
          earlier.append(record(seq)).then(
            () => seq,
            (error: unknown) => error,
          ),
        );
        const later = await open();
        const settled = await Promise.all(outcomes);
        const stored = settled.filter((outcome) => typeof outcome === 'number');
        expect(later.start).to.equal(stored.length);
        for (const outcome of settled.slice(stored.length)) {
          expect(outcome).to.include({ code: 'FENCED', nothingStored: true });
        }
      });

      it('leaves one working writer when a zone is opened many times at once', async () => {
        const writers = await Promise.all(Array.from({ length: 5 }, () => open()));
        const outcomes = await Promise.allSettled(writers.map((writer) => writer.append(record(1))));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
        expect(new Set(writers.map(({ epoch }) => epoch)).size).to.equal(5);
      });

      it('raises the epoch across restarts', async () => {
        const { epoch } = await open();
        await restart();
        expect((await open()).epoch).to.be.greaterThan(epoch);
      });

      it('stores what is queued when a writer is closed, then refuses', async () => {
        const writer = await open();
        const appended = writer.append(record(1));
        const closing = writer.close();
        expect(await codeOf(() => writer.append(record(2)))).to.equal('CLOSED');
        await Promise.all([appended, closing]);
        expect((await writer.ended).code).to.equal('CLOSED');
        expect(writer.stored).to.equal(1);
      });

      it('keeps the first reason for which a writer ended', async () => {
        const earlier = await open();
        await open();
        await earlier.close();
        expect((await earlier.ended).code).to.equal('FENCED');
      });

      it('stores what is queued when the store is closed, then refuses everything', async () => {
        const writer = await open();
        const appended = writer.append(record(1));
        await store.close();
        await appended;
        expect((await writer.ended).code).to.equal('CLOSED');
        expect(await codeOf(() => writer.append(record(2)))).to.equal('CLOSED');
        expect(await codeOf(() => open())).to.equal('CLOSED');
        expect(await codeOf(() => store.journal.at(ZONE, 1))).to.equal('CLOSED');
        expect(await codeOf(() => collect(store.journal.read(ZONE, 1)))).to.equal('CLOSED');
        expect(await codeOf(() => store.snapshots.get(ZONE, 'a'))).to.equal('CLOSED');
      });

      it('takes nothing that is not a zone id', async () => {
        for (const zone of ['', 'a/b', 'ä', 'a b', 'x'.repeat(129)]) {
          const refused = await open(zone).then(
            () => false,
            () => true,
          );
          expect(refused, zone).to.equal(true);
        }
      });
    });

    describe('reading', () => {
      it('gives a range, both ends included, or all to the end', async () => {
        await withRecords(5);
        expect(await seqs(store.journal.read(ZONE, 2, 4))).to.deep.equal([2, 3, 4]);
        expect(await seqs(store.journal.read(ZONE, 4))).to.deep.equal([4, 5]);
        expect(await seqs(store.journal.read(ZONE, 6))).to.deep.equal([]);
        expect(await seqs(store.journal.read('nobody', 1))).to.deep.equal([]);
      });

      it('gives back every byte, and the body or its absence', async () => {
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
        const written = [
          { seq: 1, data: bytes, body: bytes.toReversed() },
          { seq: 2, data: Buffer.alloc(0), body: Buffer.alloc(0) },
          { seq: 3, data: bytes, body: null },
        ].map(({ body, ...rest }) => ({ ...rest, body: body === null ? null : Buffer.from(body) }));
        const writer = await open();
        await Promise.all(written.map((each) => writer.append(each)));
        await restart();
        expect(await collect(store.journal.read(ZONE, 1))).to.deep.equal(written);
        expect(written.map(({ seq }) => store.journal.at(ZONE, seq))).to.deep.equal(written);
      });

      it('goes on after a restart where it ended', async () => {
        await withRecords(3);
        await restart();
        const writer = await open();
        expect([writer.start, writer.next, writer.stored]).to.deep.equal([3, 4, 3]);
        await writer.append(record(4));
        expect(await seqs(store.journal.read(ZONE, 1))).to.deep.equal([1, 2, 3, 4]);
      });

      it('tells where a zone ends', async () => {
        await withRecords(12);
        expect(await store.journal.head(ZONE)).to.equal(12);
        expect(await store.journal.head('nobody')).to.equal(0);
      });

      it('lists the zones that have a record, in byte order', async () => {
        for (const zone of ['b', 'a-b', 'a', 'B', 'a.b']) await appendMany(await open(zone), 1);
        await open('opened-only');
        expect(await collect(store.journal.zones())).to.deep.equal(['B', 'a', 'a-b', 'a.b', 'b']);
      });
    });

    describe('failing closed', () => {
      it('throws at a gap instead of skipping it', async () => {
        await withRecords(5);
        await restart(() => contents.lose(ZONE, 3));
        const seen: number[] = [];
        const reading = async (): Promise<void> => {
          for await (const { seq } of store.journal.read(ZONE, 1)) seen.push(seq);
        };
        expect(await codeOf(reading)).to.equal('CORRUPT');
        expect(seen).to.deep.equal([1, 2]);
        expect(await codeOf(() => collect(store.journal.read(ZONE, 3, 3)))).to.equal('CORRUPT');
        expect(await codeOf(() => store.journal.at(ZONE, 3))).to.equal('CORRUPT');
      });

      it('throws when the first record is gone', async () => {
        await withRecords(2);
        await restart(() => contents.lose(ZONE, 1));
        expect(await codeOf(() => collect(store.journal.read(ZONE, 1)))).to.equal('CORRUPT');
      });

      it('throws when a range ends before the record that was asked for', async () => {
        await withRecords(2);
        expect(await codeOf(() => collect(store.journal.read(ZONE, 1, 3)))).to.equal('CORRUPT');
        expect(await codeOf(() => store.journal.at(ZONE, 3))).to.equal('CORRUPT');
      });

      it('throws at a flipped bit', async () => {
        await withRecords(3);
        await restart(() => contents.flip(ZONE, 2));
        expect(await codeOf(() => collect(store.journal.read(ZONE, 1)))).to.equal('CORRUPT');
        expect(await codeOf(() => store.journal.at(ZONE, 2))).to.equal('CORRUPT');
      });

      it('refuses to open a zone whose last record does not check', async () => {
        await withRecords(3);
        await restart(() => contents.flip(ZONE, 3));
        expect(await codeOf(() => open())).to.equal('CORRUPT');
      });

      it('notices a body that went missing', async () => {
        const writer = await open();
        await writer.append({ ...record(1), body: Buffer.from('personal') });
        await restart(() => contents.loseBody(ZONE, 1));
        expect(await codeOf(() => store.journal.at(ZONE, 1))).to.equal('CORRUPT');
      });

      it('refuses to open a zone that ends before what is known to be stored', async () => {
        await withRecords(2);
        expect(await codeOf(() => store.journal.open(ZONE, { atLeast: 3 }))).to.equal('BEHIND');
        const writer = await store.journal.open(ZONE, { atLeast: 2 });
        expect(writer.start).to.equal(2);
      });
    });

    describe('snapshots', () => {
      const keysOf = async (...args: Parameters<Store['snapshots']['range']>): Promise<string[]> =>
        (await collect(store.snapshots.range(...args))).map(({ key }) => key);

      it('are listed by their keys alone, within bounds', async () => {
        const batch = store.snapshots.begin(ZONE);
        for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) batch.put(key, Buffer.from(key));
        await batch.commit();
        expect(await collect(store.snapshots.keys(ZONE, 'a/'))).to.deep.equal(['a/1', 'a/2', 'a/3']);
        expect(await collect(store.snapshots.keys(ZONE, 'a/', { after: 'a/1' }))).to.deep.equal(['a/2', 'a/3']);
        expect(await collect(store.snapshots.keys(ZONE, 'a/', { reverse: true, before: 'a/3' }))).to.deep.equal([
          'a/2',
          'a/1',
        ]);
        expect(await collect(store.snapshots.keys('nobody', ''))).to.deep.equal([]);
      });

      it('gives back what a checkpoint put, across a restart', async () => {
        await checkpoint({ 'session/1': 'one', 'session/2': '' });
        await restart();
        expect(store.snapshots.get(ZONE, 'session/1')?.toString()).to.equal('one');
        expect(store.snapshots.get(ZONE, 'session/2')?.length).to.equal(0);
        expect(store.snapshots.get(ZONE, 'session/3')).to.equal(undefined);
        expect(store.snapshots.get('nobody', 'session/1')).to.equal(undefined);
      });

      it('shows nothing of a checkpoint before it is committed', async () => {
        const batch = store.snapshots.begin(ZONE);
        batch.put('a', Buffer.from('1'));
        expect(store.snapshots.get(ZONE, 'a')).to.equal(undefined);
        await batch.commit();
        expect(store.snapshots.get(ZONE, 'a')?.toString()).to.equal('1');
      });

      it('shows a checkpoint whole or not at all to a range that is under way', async () => {
        await checkpoint({ a: 'old', b: 'old' });
        const values: string[] = [];
        for await (const { value } of store.snapshots.range(ZONE, '')) {
          values.push(value.toString());
          await checkpoint({ a: 'new', b: 'new' });
        }
        expect(values).to.deep.equal(['old', 'old']);
      });

      it('keeps nothing of a checkpoint that was discarded, and takes no more into it', async () => {
        const batch = store.snapshots.begin(ZONE);
        batch.put('a', Buffer.from('1'));
        await batch.discard();
        expect(await codeOf(() => batch.put('b', Buffer.from('2')))).to.equal('CLOSED');
        expect(await codeOf(() => batch.commit())).to.equal('CLOSED');
        await batch.discard();
        expect(await keysOf(ZONE, '')).to.deep.equal([]);
      });

      it('deletes keys in the checkpoint that replaces them', async () => {
        await checkpoint({ a: '1', b: '2' });
        await checkpoint({ a: null, c: '3', none: null });
        expect(await keysOf(ZONE, '')).to.deep.equal(['b', 'c']);
      });

      it('ranges over a prefix in byte order, of one zone only', async () => {
        await checkpoint({ 's/2': '', 's/10': '', 's/1': '', 't/1': '', s: '', s0: '' });
        await checkpoint({ 's/9': '' }, `${ZONE}-b`);
        expect(await keysOf(ZONE, 's/')).to.deep.equal(['s/1', 's/10', 's/2']);
        expect(await keysOf(ZONE, '')).to.deep.equal(['s', 's/1', 's/10', 's/2', 's0', 't/1']);
      });

      it('ranges backwards, before and after a key', async () => {
        await checkpoint({ 'a/9': '', 's/1': '', 's/2': '', 's/3': '', 's/4': '', 't/1': '' });
        expect(await keysOf(ZONE, 's/', { reverse: true })).to.deep.equal(['s/4', 's/3', 's/2', 's/1']);
        expect(await keysOf(ZONE, 's/', { after: 's/1', before: 's/4' })).to.deep.equal(['s/2', 's/3']);
        expect(await keysOf(ZONE, 's/', { before: 's/3', reverse: true })).to.deep.equal(['s/2', 's/1']);
        expect(await keysOf(ZONE, 's/', { after: 'a', before: 'z' })).to.deep.equal(['s/1', 's/2', 's/3', 's/4']);
        expect(await keysOf(ZONE, 's/', { after: 's/4' })).to.deep.equal([]);
        expect(await keysOf(ZONE, 's/', { before: 'a' })).to.deep.equal([]);
      });

      it('commits beside appends', async () => {
        const writer = await open();
        const batch = store.snapshots.begin(ZONE);
        const appends = Array.from({ length: 100 }, (_, n) => {
          batch.put(`key-${n}`, Buffer.from(String(n)));
          return writer.append(record(writer.next));
        });
        await Promise.all([batch.commit(), ...appends]);
        expect(await keysOf(ZONE, 'key-')).to.have.length(100);
        expect(writer.stored).to.equal(100);
      });
    });

    describe('a view', () => {
      const valuesOf = async (view: ZoneView): Promise<string[]> =>
        (await collect(view.range(''))).map(({ key, value }) => `${key}=${value.toString()}`);

      it('shows its zone as it was stored when the view was opened', async () => {
        const writer = await withRecords(2);
        await checkpoint({ a: 'old', b: 'old' });
        const view = store.snapshots.view(ZONE);
        await checkpoint({ a: 'new', b: null, c: 'new' });
        await writer.append(record(3));
        expect(await valuesOf(view)).to.deep.equal(['a=old', 'b=old']);
        expect([view.get('b')?.toString(), view.get('c')]).to.deep.equal(['old', undefined]);
        expect(await view.head()).to.equal(2);
        expect(await seqs(view.read(1))).to.deep.equal([1, 2]);
        expect(view.at(2).data.toString()).to.equal('record 2');
        expect(await codeOf(() => view.at(3))).to.equal('CORRUPT');
        expect(store.snapshots.get(ZONE, 'a')?.toString()).to.equal('new');
        await view.close();
      });

      it('takes the bounds of a range as the store does', async () => {
        await checkpoint({ 's/1': '', 's/2': '', 's/3': '', 't/1': '' });
        const view = store.snapshots.view(ZONE);
        const keys = async (options: RangeOptions) => (await collect(view.range('s/', options))).map(({ key }) => key);
        expect(await keys({ reverse: true, before: 's/3' })).to.deep.equal(['s/2', 's/1']);
        expect(await keys({ after: 's/1' })).to.deep.equal(['s/2', 's/3']);
        await view.close();
      });

      it('is empty for a zone without records', async () => {
        const view = store.snapshots.view('nobody');
        expect([await valuesOf(view), await view.head()]).to.deep.equal([[], 0]);
        await view.close();
      });

      it('reads nothing more once it is closed, including a range in progress', async () => {
        await withRecords(2);
        await checkpoint({ a: '1', b: '2' });
        const view = store.snapshots.view(ZONE);
        const seen: string[] = [];
        const reading = async () => {
          for await (const { key } of view.range('')) {
            seen.push(key);
            await view.close();
          }
        };
        expect(await codeOf(reading)).to.equal('VIEW_ENDED');
        expect(seen).to.deep.equal(['a']);
        const uses = [() => view.get('a'), () => view.at(1), () => view.head(), () => collect(view.read(1))];
        for (const use of uses) expect(await codeOf(use)).to.equal('VIEW_ENDED');
        await view.close();
      });

      it('is closed by the store when it is as old as it may be', async () => {
        await checkpoint({ a: '1' });
        const view = store.snapshots.view(ZONE, { msMax: 1 });
        await eventually(async () => (await endOf(() => view.get('a'))) === 'VIEW_ENDED');
      });

      it('is refused at the limit of open views, and opened again when one is closed', async () => {
        const views = Array.from({ length: VIEWS_OPEN_MAX }, () => store.snapshots.view(ZONE));
        expect(await codeOf(() => store.snapshots.view(ZONE))).to.equal('VIEWS_FULL');
        await views[0]?.close();
        views.push(store.snapshots.view(ZONE));
        await Promise.all(views.map((view) => view.close()));
      });

      it('ends when the store is closed', async () => {
        const view = store.snapshots.view(ZONE);
        await store.close();
        expect(await codeOf(() => view.get('a'))).to.equal('VIEW_ENDED');
        expect(await codeOf(() => store.snapshots.view(ZONE))).to.equal('CLOSED');
      });

      it('is closed after its use, also when the use fails', async () => {
        await checkpoint({ a: '1' });
        let used: ZoneView | null = null;
        const failed = withView(store.snapshots, ZONE, async (view) => {
          used = view;
          throw new JournalError('CORRUPT', 'damaged');
        });
        expect(await codeOf(() => failed)).to.equal('CORRUPT');
        expect(await codeOf(() => used?.get('a'))).to.equal('VIEW_ENDED');
        expect(await withView(store.snapshots, ZONE, valuesOf)).to.deep.equal(['a=1']);
      });
    });
  });
}

/** The code a call ends with; null when it returns. */
const endOf = async (act: () => unknown): Promise<string | null> => {
  try {
    await act();
    return null;
  } catch (error) {
    return error instanceof JournalError ? error.code : null;
  }
};
