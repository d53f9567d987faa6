// Every transition of a zone's supervisor, taken by a real zone: the steps are generated from the machine, an event is what
// makes a zone go through it, and after each step the zone is in the state that the machine says, with the fault that it
// says. None is out of reach: a zone that reads, stores or lets go is held up in the middle, where it can be looked at.
import { expect } from 'chai';
import { getInitialSnapshot, getNextSnapshot } from 'xstate';
import {
  zoneSupervisorMachine,
  type Fault,
  type ZoneSupervisorEvent,
  type ZoneSupervisorSnapshot,
} from '../../machines/zone-supervisor.ts';
import { ZONE_RESTARTS_MAX, ZONE_RESTART_WINDOW_MS } from '../../src/limits.ts';
import { JournalError, type Access, type Condition } from '../../src/journal/journal.ts';
import { openMemoryStore, type MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import type { Zone } from '../../src/zone/zone.ts';
import { stepsOf, untaken, type Step } from '../machines/paths.ts';
import { ZoneWorld, type ExecuteOptions } from '../world/zone-world.ts';

type EventType = ZoneSupervisorEvent['type'];

const BROKEN = { type: 'broken', kind: 'journal', sentence: 'for a test', at: 0 } as const;
const RECOVERED = { type: 'recovered' } as const;
const READ_ONLY = { type: 'recovered.read-only', sentence: 'for a test' } as const;
const RESTARTED = { type: 'restarted', at: 0 } as const;

const EVENTS: readonly ZoneSupervisorEvent[] = [
  { type: 'changed', change: {} },
  RECOVERED,
  READ_ONLY,
  BROKEN,
  RESTARTED,
  { type: 'drain.started' },
  { type: 'drain.finished' },
];

/** More steps of promises than a zone takes from a fault to its end. */
const STEPS_MAX = 100;

const INPUT = { zone: 'z1', restartsMax: ZONE_RESTARTS_MAX, restartWindowMs: ZONE_RESTART_WINDOW_MS };

/** A zone that has never served holds nothing that could break, or take its time, while it drains. */
const fromServing = (step: Step<ZoneSupervisorEvent>): Step<ZoneSupervisorEvent> =>
  step.from === 'draining' ? { ...step, way: [RECOVERED, ...step.way] } : step;

/** Where work can be held up, and then go on or fail. */
class Gate {
  #passing: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  #fail: (reason: Error) => void = () => {};
  #arrived: () => void = () => {};

  /** Closes it; resolves when somebody has come to stand before it. */
  close(): Promise<void> {
    this.#passing = new Promise((resolve, reject) => ([this.#open, this.#fail] = [resolve, reject]));
    return new Promise((resolve) => (this.#arrived = resolve));
  }

  pass(): Promise<void> {
    this.#arrived();
    return this.#passing;
  }

  open(): void {
    this.#open();
  }

  /** Whoever stands before it fails; who comes later passes. */
  fail(reason: Error): void {
    this.#fail(reason);
    this.#passing = Promise.resolve();
  }
}

interface Seen {
  readonly state: string;
  readonly fault: Pick<Fault, 'kind' | 'final'> | null;
}

const seenOf = (state: string, fault: Fault | null): Seen => ({
  state,
  fault: fault && { kind: fault.kind, final: fault.final },
});

/** A zone with one session in its journal, whose process was killed before it made a checkpoint. */
class Stage {
  readonly #reading = new Gate();
  readonly #storing = new Gate();
  readonly #contents: MemoryContents = new Map();
  readonly #underWay: Promise<unknown>[] = [];
  #diskFails = false;
  #access: Access = 'everything';
  world!: ZoneWorld;
  zone!: Zone;

  static async set(): Promise<Stage> {
    const stage = new Stage();
    stage.world = new ZoneWorld({ openStore: () => stage.#openStore() });
    await stage.world.start({ id: 's-before' });
    stage.world.open();
    stage.zone = await stage.world.zones.get('z1');
    return stage;
  }

  seen(): Seen {
    return seenOf(this.zone.state, this.zone.fault);
  }

  /** Makes an event happen, and tells how the zone is in that very moment. */
  async send(type: EventType): Promise<Seen> {
    if (type === 'changed' && this.zone.state === 'recovering') await this.wakeHalfway();
    else if (type === 'changed' && this.zone.state === 'readOnly') expect(await this.#suspend()).to.equal('ok');
    else if (type === 'changed') expect(await this.#answerTo(this.world.start({ id: 's-next' }))).to.equal('ok');
    else if (type === 'recovered') expect(await this.#lookAfterRecovery()).to.equal('ok');
    else if (type === 'recovered.read-only') await this.#recoverReadOnly();
    else if (type === 'restarted') await this.#restart();
    else if (type === 'broken') await this.#break();
    else if (type === 'drain.started') return this.#drain();
    else await this.strike();
    return this.seen();
  }

  /** Lets whatever is held up come to its end. */
  async strike(): Promise<void> {
    this.#reading.open();
    this.#storing.open();
    await Promise.all(this.#underWay);
  }

  look(id: string): Promise<string> {
    return this.#answerTo(this.world.look('session.get', { id }));
  }

  /** Has the zone woken until all of its journal was carried out again, and not further. */
  async wakeHalfway(): Promise<void> {
    const arrived = this.#reading.close();
    this.#underWay.push(this.look('s-before'));
    await arrived;
  }

  async breakReading(code: 'UNAVAILABLE' | 'CORRUPT'): Promise<string> {
    const arrived = this.#reading.close();
    const answer = this.#suspend({ dryRun: true });
    await arrived;
    this.#reading.fail(new JournalError(code, 'for a test'));
    return answer;
  }

  /** A command that lessens authority. Unlike a query it is not asked again after the journal failed. */
  #suspend(options: ExecuteOptions = {}): Promise<string> {
    return this.#answerTo(this.world.execute('session.suspend', { id: 's-before' }, options));
  }

  async #recoverReadOnly(): Promise<void> {
    this.#access = 'lessening';
    expect(await this.#lookAfterRecovery()).to.equal('ok');
  }

  async #restart(): Promise<void> {
    this.#access = 'everything';
    await this.wakeHalfway();
  }

  async #lookAfterRecovery(): Promise<string> {
    this.#reading.open();
    return this.look('s-before');
  }

  async #break(): Promise<void> {
    if (this.zone.state === 'recovering') {
      expect(await this.breakReading('UNAVAILABLE')).to.equal('journal_unavailable');
    } else if (this.zone.state === 'readOnly') {
      this.#diskFails = true;
      expect(await this.#suspend()).to.equal('journal_unavailable');
      this.#diskFails = false;
    } else if (this.zone.state === 'serving') {
      this.#diskFails = true;
      expect(await this.#answerTo(this.world.start({ id: 's-lost' }))).to.equal('journal_unavailable');
      this.#diskFails = false;
    } else {
      this.#storing.fail(new JournalError('UNAVAILABLE', 'for a test'));
      // It goes on to its end right after: the moment between is looked for in the steps of promises.
      for (let steps = 0; this.zone.fault === null && steps < STEPS_MAX; steps += 1) await Promise.resolve();
    }
  }

  /** A zone that serves is held up where it stores its checkpoint; another is gone a moment later. */
  async #drain(): Promise<Seen> {
    const arrived = this.zone.state === 'serving' ? this.#storing.close() : null;
    this.#underWay.push(this.world.zones.drain());
    const seen = this.seen();
    await arrived;
    return seen;
  }

  async #answerTo(asked: Promise<{ readonly answer: object }>): Promise<string> {
    const { answer } = await asked;
    return isRefusal(answer) ? answer.code : 'ok';
  }

  #openStore() {
    const disk = () => (this.#diskFails ? Promise.reject(new Error('no space left')) : Promise.resolve());
    const condition = (): Condition => ({ access: this.#access, cause: 'disk_full' });
    const store = openMemoryStore({ contents: this.#contents, disk, condition });
    const { journal, snapshots } = store;
    const read = journal.read.bind(journal);
    const begin = snapshots.begin.bind(snapshots);
    const passReading = () => this.#reading.pass();
    journal.read = async function* readThenWait(...range: Parameters<typeof read>) {
      yield* read(...range);
      await passReading();
    };
    snapshots.begin = (zone) => {
      const batch = begin(zone);
      const commit = batch.commit.bind(batch);
      batch.commit = () => this.#storing.pass().then(commit);
      return batch;
    };
    return store;
  }
}

describe('the transitions of a zone supervisor, taken by a zone', () => {
  const taken: Step<ZoneSupervisorEvent>[] = [];
  const shown = ({ value, context }: ZoneSupervisorSnapshot): Seen => seenOf(value, context.fault);

  for (const step of stepsOf(zoneSupervisorMachine, INPUT, EVENTS).map(fromServing)) {
    const events = [...step.way, step.event];
    it(`${step.from} takes ${step.event.type} and is ${step.to}, after ${step.way.length} others`, async () => {
      const stage = await Stage.set();
      let snapshot = getInitialSnapshot(zoneSupervisorMachine, INPUT);
      expect(stage.seen()).to.deep.equal(shown(snapshot));
      for (const event of events) {
        const seen = await stage.send(event.type);
        snapshot = getNextSnapshot(zoneSupervisorMachine, snapshot, event);
        expect(seen, `after ${event.type}`).to.deep.equal(shown(snapshot));
      }
      await stage.strike();
      if (step.event.type === 'changed') {
        expect(await stage.look(step.from === 'serving' ? 's-next' : 's-before')).to.equal('ok');
      }
      taken.push(step);
    });
  }

  it('were all taken here', () => {
    expect(untaken(zoneSupervisorMachine, taken)).to.deep.equal([]);
  });

  it('do not include a restart from damage', async () => {
    const damage = { ...BROKEN, kind: 'damage' } as const;
    const broken = getNextSnapshot(zoneSupervisorMachine, getInitialSnapshot(zoneSupervisorMachine, INPUT), damage);
    expect(broken.can(RESTARTED)).to.equal(false);
    const stage = await Stage.set();
    expect(await stage.breakReading('CORRUPT')).to.equal('zone_faulted');
    expect(await stage.look('s-before')).to.equal('zone_faulted');
    expect(stage.seen()).to.deep.equal(shown(broken));
  });
});
