// A zone under more than its journal takes at once: what has no room is refused before anything changes, what is due waits
// for room and all of it happens, and nobody gets an answer that was true only before.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { STOP_BODY_BYTES_MAX } from '../../src/zone/limits.ts';
import { sessionStatusOf } from '../../src/zone/status-words.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { ASK, OWNER, startInput, ZoneWorld } from '../world/zone-world.ts';
import { invocationInput, serviceInput } from './inputs.ts';

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

/** A disk that stores nothing until it is let go. */
const heldDisk = () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { disk: () => held, release };
};

describe('a zone whose journal has no room', () => {
  for (const [what, journalLimits, metadata] of [
    ['records', { queuedEntriesMax: 2 }, {}],
    ['bytes', { queuedBytesMax: 3_000, entryBytesMax: 3_000 }, { text: 'x'.repeat(1_000) }],
  ] as const) {
    it(`refuses by ${what}, changes nothing, and goes on when there is room`, async () => {
      const { disk, release } = heldDisk();
      const world = new ZoneWorld({ contents: new Map(), disk, journalLimits });
      const starts = Array.from({ length: 4 }, () => world.start({ metadata }));
      await nextTurn();
      release();
      const codes = (await Promise.all(starts)).map(codeOf);
      expect(codes).to.include('journal_full').and.to.include(null);
      const accepted = codes.filter((code) => code === null).length;
      expect((await world.start({ metadata })).seq).to.equal(accepted + 1);
      expect((await replayZone('z1', world.store)).divergence).to.equal(null);
    });
  }

  it('takes a stop when starts have filled their part of the queue', async () => {
    const { disk, release } = heldDisk();
    let gate: Promise<void> = Promise.resolve();
    const world = new ZoneWorld({ contents: new Map(), disk: () => gate, journalLimits: { queuedEntriesMax: 20 } });
    const root = world.nextId();
    await world.start({ id: root });
    gate = disk();
    const starts = Array.from({ length: 40 }, () => world.start());
    const stop = world.execute('session.suspend', { id: root });
    await nextTurn();
    release();
    expect((await Promise.all(starts)).map(codeOf)).to.include('journal_full');
    expect(codeOf(await stop)).to.equal(null);
  });

  it('leaves the part for stops to small stops: completions and large reasons do not fill it', async () => {
    const { disk, release } = heldDisk();
    let gate: Promise<void> = Promise.resolve();
    const world = new ZoneWorld({ contents: new Map(), disk: () => gate, journalLimits: { queuedEntriesMax: 20 } });
    const ids = Array.from({ length: 60 }, (_, n) => `i-${n}`);
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    for (const id of ids) await world.execute('invocation.create', invocationInput({ id }));
    for (const id of ids.slice(0, 30)) await world.execute('invocation.start', { id });
    gate = disk();
    const outcome = { status: 'failed', error: null, metadata: {}, attempt: null } as const;
    const reason = 'x'.repeat(STOP_BODY_BYTES_MAX);
    const done = ids.slice(0, 30).map((id) => world.execute('invocation.complete', { id, ...outcome }));
    const large = ids.slice(30, 58).map((id) => world.execute('invocation.cancel', { id, reason }));
    const small = ids.slice(58).map((id) => world.execute('invocation.cancel', { id, reason: 'late' }));
    await nextTurn();
    release();
    const codes = (await Promise.all([...done, ...large])).map(codeOf);
    expect(codes.filter((code) => code === null)).to.have.length(18);
    expect((await Promise.all(small)).map(codeOf)).to.deep.equal([null, null]);
  });

  it('ends all that is due at one instant, also when nobody asks', async () => {
    const world = new ZoneWorld({ contents: new Map(), journalLimits: { queuedEntriesMax: 10 } });
    for (let n = 0; n < 95; n += 1) await world.start({ ttlSeconds: 60 });
    world.clock.advance(60_000);
    while ((await world.store.journal.head('z1')) < 190) await nextTurn();
    expect(world.zones.faulted()).to.deep.equal([]);
  });

  it('makes a reader wait for what is due rather than refuse it', async () => {
    const world = new ZoneWorld({ contents: new Map(), journalLimits: { queuedEntriesMax: 10 } });
    for (let n = 0; n < 95; n += 1) await world.start({ ttlSeconds: 60 });
    world.clock.advance(60_000);
    const { answer, seq } = await world.look('session.get', { id: 's-000095' });
    if (isRefusal(answer) || !('record' in answer)) throw new Error('refused');
    expect([sessionStatusOf(answer.record), seq]).to.deep.equal(['expired', 190]);
  });
});

describe('two zones on one journal', () => {
  it('wait for room that the other one takes without holding anybody up', async () => {
    let gate: Promise<void> = Promise.resolve();
    const world = new ZoneWorld({ contents: new Map(), disk: () => gate, journalLimits: { queuedEntriesMax: 3 } });
    await world.start({ id: 's-a', ttlSeconds: 60 });
    const other = await world.zones.get('z2');
    await other.look({ type: 'session.get', input: { id: 'nobody' } }, ASK);
    const { disk, release } = heldDisk();
    gate = disk();
    const startInOther = (id: string) => {
      const input = startInput({ id, ttlSeconds: 60 });
      const ask = { caller: OWNER, requestId: 'r', traceId: null };
      return other.execute({ type: 'session.start', input, idempotencyKey: null, dryRun: false }, ask);
    };
    const filling = ['t-1', 't-2', 't-3'].map(startInOther);
    world.clock.advance(60_000);
    const waiting = world.look('session.get', { id: 's-a' });
    await nextTurn();
    release();
    expect((await Promise.all(filling)).map(codeOf)).to.deep.equal([null, null, null]);
    const { answer } = await waiting;
    if (isRefusal(answer) || !('record' in answer)) throw new Error('refused');
    expect(sessionStatusOf(answer.record)).to.equal('expired');
  });
});

describe('an answer that had to wait', () => {
  it('is of the moment it is given, not of the moment it was asked for', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a', ttlSeconds: 60 });
    await world.zones.drain();
    world.open();
    const asked = world.look('session.get', { id: 's-a' });
    const started = world.start({ id: 's-b', parentId: 's-a' });
    world.clock.advance(60_000);
    const { answer } = await asked;
    if (isRefusal(answer) || !('record' in answer)) throw new Error('refused');
    expect(sessionStatusOf(answer.record)).to.equal('expired');
    expect(codeOf(await started)).to.equal('parent_not_found');
  });

  it('does not lose a deadline that is set while stored zones are being listed', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a', ttlSeconds: 3_600 });
    await world.zones.drain();
    world.open();
    await Promise.all([world.zones.start(), world.start({ id: 's-b', ttlSeconds: 60 })]);
    world.clock.advance(60_000);
    while ((await world.store.journal.head('z1')) < 3) await nextTurn();
  });
});
