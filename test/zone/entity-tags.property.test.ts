// Random lives of a few sessions, with restarts and crashes: whatever has the same entity tag looks the same, whenever it is
// looked at; and a change that names a tag is carried out exactly while the session has it.
import { expect } from 'chai';
import { sessionView } from '../../src/http/views/sessions.ts';
import { isRefusal, type CommandInputs } from '../../src/zone/commands.ts';
import { sessionTag } from '../../src/zone/entity-tags.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { Random } from '../process/parts/random.ts';
import { seed } from '../world/seed.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { heartbeatInput } from './inputs.ts';

const SESSIONS_MAX = 8;
const STEPS = 1_500;

class Run {
  readonly #random: Random;
  readonly #world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries: 7 });
  readonly #ids: string[] = [];
  /** How each session looked under each of its tags. */
  readonly seen = new Map<string, string>();
  held = 0;
  unmet = 0;

  constructor(chosen: number) {
    this.#random = new Random(chosen);
  }

  async step(): Promise<void> {
    const id = this.#random.of(this.#ids);
    if (id === undefined || (this.#ids.length < SESSIONS_MAX && this.#random.below(3) === 0))
      return this.#start(this.#random.below(2) === 0 ? id : undefined);
    switch (this.#random.below(12)) {
      case 0:
        return this.#world.clock.advance(this.#random.between(1, 90) * 1_000);
      case 1:
        return this.#restart();
      case 2:
        return this.#change('session.suspend', { id });
      case 3:
        return this.#change('session.resume', { id });
      case 4:
        return this.#change('session.take-lease', { id });
      case 5:
        return this.#random.below(3) === 0 ? this.#end(id) : undefined;
      default:
        return this.#change('session.heartbeat', heartbeatInput({ id }));
    }
  }

  /** Notes how all look. */
  async look(): Promise<void> {
    for (const id of this.#ids) {
      const view = await this.#view(id);
      const key = `${id} ${sessionTag(view)}`;
      const shown = JSON.stringify(sessionView('z1', view));
      expect(this.seen.get(key) ?? shown, key).to.equal(shown);
      this.seen.set(key, shown);
    }
  }

  async close(): Promise<void> {
    await this.#world.zones.drain();
    expect((await replayZone('z1', this.#world.store)).divergence).to.equal(null);
  }

  async #view(id: string) {
    const { answer } = await this.#world.look('session.get', { id });
    if (isRefusal(answer)) throw new Error(answer.code);
    return answer;
  }

  async #start(parentId: string | undefined): Promise<void> {
    const isService = this.#random.below(2) === 0;
    const kind = isService ? ({ lifecycle: 'service', ttlSeconds: null } as const) : { ttlSeconds: 600 };
    const id = this.#world.nextId();
    const { answer } = await this.#world.start({ id, ...kind, parentId: parentId ?? null });
    if (!isRefusal(answer)) this.#ids.push(id);
  }

  /** What has ended stays, and is looked at from the archive; a few at a time, so that there is room for new ones. */
  async #end(id: string): Promise<void> {
    await this.#change('session.terminate', { id, reason: 'done' });
    if (this.#ids.length >= SESSIONS_MAX) this.#ids.splice(0, 1);
  }

  async #restart(): Promise<void> {
    if (this.#random.below(2) === 0) await this.#world.zones.drain();
    this.#world.open();
  }

  async #change<T extends 'session.suspend' | 'session.terminate' | 'session.heartbeat'>(
    type: T | 'session.resume' | 'session.take-lease',
    input: CommandInputs[T],
  ): Promise<void> {
    const known = [...this.seen.keys()].filter((key) => key.startsWith(`${input.id} `));
    const [, tag] = this.#random.of(known)?.split(' ') ?? [];
    const now = sessionTag(await this.#view(input.id));
    const conditions = { ifMatch: tag === undefined ? null : [{ opaque: tag, weak: false }], ifNoneMatch: null };
    const { answer } = await this.#world.execute(type as T, input, { conditions });
    const code = isRefusal(answer) ? answer.code : null;
    const isAsSeen = tag === undefined || tag === now;
    // Any other refusal goes before.
    if (code !== null && code !== 'precondition_failed') return;
    expect(code, `${type} of ${input.id}, seen as ${tag}, now ${now}`).to.equal(
      isAsSeen ? null : 'precondition_failed',
    );
    if (isAsSeen) this.held += 1;
    else this.unmet += 1;
  }
}

describe('the entity tag of a session', () => {
  it('names one look, through everything that can happen to it', async function () {
    this.timeout(60_000);
    const run = new Run(seed('entity tags'));
    for (let step = 0; step < STEPS; step += 1) {
      await run.step();
      await run.look();
    }
    await run.close();
    expect(run.seen.size).to.be.above(100);
    expect(Math.min(run.held, run.unmet)).to.be.above(20);
  });
});
