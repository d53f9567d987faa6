// The supervisor of a zone: when it takes changes, and how often it lets a zone be restarted after which fault.
import { expect } from 'chai';
import { createActor } from 'xstate';
import { zoneSupervisorMachine, type FaultKind, type ZoneSupervisorEvent } from '../../machines/zone-supervisor.ts';

const RESTARTS_MAX = 3;
const WINDOW_MS = 60_000;

const superviseWith = (deliver: () => void = () => {}) =>
  createActor(zoneSupervisorMachine.provide({ actions: { deliver } }), {
    input: { zone: 'z1', restartsMax: RESTARTS_MAX, restartWindowMs: WINDOW_MS },
  }).start();

const broken = (kind: FaultKind, at = 0): ZoneSupervisorEvent => ({ type: 'broken', kind, sentence: `a ${kind}`, at });

/** Breaks a zone at each instant and restarts it at once; whether the last restart was taken. */
const survives = (kind: FaultKind, instants: readonly number[]): boolean => {
  const supervisor = superviseWith();
  for (const at of instants) {
    supervisor.send({ type: 'recovered' });
    supervisor.send(broken(kind, at));
    supervisor.send({ type: 'restarted', at });
  }
  return supervisor.getSnapshot().value === 'recovering';
};

describe('a zone supervisor', () => {
  it('delivers changes while it recovers and while it serves, and in no other state', () => {
    const delivered: unknown[] = [];
    const supervisor = superviseWith(() => delivered.push(supervisor.getSnapshot().value));
    const steps: ZoneSupervisorEvent[] = [
      { type: 'recovered' },
      broken('journal'),
      { type: 'drain.started' },
      { type: 'drain.finished' },
    ];
    const seen = [null, ...steps].map((event) => {
      if (event) supervisor.send(event);
      const before = delivered.length;
      supervisor.send({ type: 'changed', change: {} });
      const { value } = supervisor.getSnapshot();
      return [value, delivered.length > before, supervisor.getSnapshot().hasTag('takes-changes')];
    });
    expect(seen).to.deep.equal([
      ['recovering', true, true],
      ['serving', true, true],
      ['faulted', false, false],
      ['draining', false, false],
      ['stopped', false, false],
    ]);
  });

  it('answers and takes changes while it is read-only, but no additions, and is restarted from there', () => {
    const supervisor = superviseWith();
    supervisor.send({ type: 'recovered.read-only', sentence: 'the disk is full' });
    const readOnly = supervisor.getSnapshot();
    const tags = (['answers', 'takes-changes', 'takes-additions'] as const).map((tag) => readOnly.hasTag(tag));
    expect(tags).to.deep.equal([true, true, false]);
    expect(readOnly.context.fault).to.deep.equal({ kind: 'journal', sentence: 'the disk is full', final: false });
    supervisor.send({ type: 'restarted', at: 0 });
    expect(supervisor.getSnapshot().value).to.equal('recovering');
    supervisor.send({ type: 'recovered' });
    expect(supervisor.getSnapshot().hasTag('takes-additions')).to.equal(true);
    expect(supervisor.getSnapshot().context.fault).to.equal(null);
  });

  it('answers only while it serves', () => {
    const supervisor = superviseWith();
    expect(supervisor.getSnapshot().hasTag('answers')).to.equal(false);
    supervisor.send({ type: 'recovered' });
    expect(supervisor.getSnapshot().hasTag('answers')).to.equal(true);
    supervisor.send(broken('bug'));
    expect(supervisor.getSnapshot().hasTag('answers')).to.equal(false);
  });

  it('is restarted after a bug as often as it may be within the window, and not once more', () => {
    expect(survives('bug', [0, 1, 2])).to.equal(true);
    expect(survives('bug', [0, 1, 2, WINDOW_MS - 1])).to.equal(false);
  });

  it('forgets a restart once the window has passed', () => {
    expect(survives('bug', [0, 1, 2, WINDOW_MS])).to.equal(true);
    expect(survives('bug', [0, 1, 2, WINDOW_MS, WINDOW_MS + 1, WINDOW_MS + 2])).to.equal(true);
    expect(survives('bug', [0, 1, 2, WINDOW_MS, WINDOW_MS])).to.equal(false);
  });

  it('is never restarted from damage', () => {
    expect(survives('damage', [0])).to.equal(false);
  });

  it('is restarted after a failed journal for as long as it takes', () => {
    expect(
      survives(
        'journal',
        Array.from({ length: 100 }, (_, n) => n),
      ),
    ).to.equal(true);
  });

  it('does not count the restarts after a failed journal against those after a bug', () => {
    const supervisor = superviseWith();
    for (const kind of ['journal', 'bug', 'journal'] as const) {
      supervisor.send(broken(kind, 5));
      supervisor.send({ type: 'restarted', at: 5 });
    }
    expect(supervisor.getSnapshot().context.restarts).to.deep.equal([5]);
  });

  it('keeps what is wrong until it serves again', () => {
    const supervisor = superviseWith();
    supervisor.send(broken('journal'));
    expect(supervisor.getSnapshot().context.fault).to.deep.equal({
      kind: 'journal',
      sentence: 'a journal',
      final: false,
    });
    supervisor.send({ type: 'restarted', at: 0 });
    expect(supervisor.getSnapshot().context.fault).to.include({ kind: 'journal' });
    supervisor.send({ type: 'recovered' });
    expect(supervisor.getSnapshot().context.fault).to.equal(null);
  });

  it('says of a fault whether it is final', () => {
    const supervisor = superviseWith();
    supervisor.send(broken('damage'));
    expect(supervisor.getSnapshot().context.fault).to.include({ kind: 'damage', final: true });
  });

  it('remembers what broke while it drained', () => {
    const supervisor = superviseWith();
    supervisor.send({ type: 'drain.started' });
    supervisor.send(broken('journal'));
    expect(supervisor.getSnapshot()).to.have.property('value', 'draining');
    expect(supervisor.getSnapshot().context.fault).to.include({ kind: 'journal' });
  });

  it('tells whoever did not provide a delivery', () => {
    const supervisor = createActor(zoneSupervisorMachine, {
      input: { zone: 'z1', restartsMax: 0, restartWindowMs: 0 },
    });
    const errors: unknown[] = [];
    supervisor.subscribe({ error: (error) => errors.push(error) });
    supervisor.start().send({ type: 'changed', change: {} });
    expect(errors).to.have.length(1);
  });
});
