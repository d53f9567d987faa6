// The log lines of a flood of refusals: a few of each kind with address and caller, and the number of the others.
import { expect } from 'chai';
import { RefusalSampler, type Unlogged } from '../../src/http/refusal-sampler.ts';
import { REFUSAL_KINDS_MAX, REFUSAL_LINES_MAX, REFUSAL_SAMPLE_MS } from '../../src/http/limits.ts';
import { HandClock } from '../world/clock.ts';
import { LogLines } from '../world/log-lines.ts';
import { World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';
const FLOOD = REFUSAL_LINES_MAX + 15;
const COUNTED = 'refusals were counted and not logged one by one';

describe('a flood of refusals', () => {
  const log = new LogLines();
  let world: World;
  before(async () => {
    world = await World.create({ LOG_LEVEL: 'info', TRUST_PROXY: '1' }, log);
  });
  after(() => world.destroy());

  const flood = async (token: string, from: string, count = FLOOD): Promise<void> => {
    for (let sent = 0; sent < count; sent += 1)
      await world.call('GET', `${AGENTS}/nobody`, undefined, { token, headers: { 'x-forwarded-for': from } });
  };
  const linesOf = (message: string, from: string) =>
    log.parsed.filter((line) => line['msg'] === message && line['from'] === from);

  it('is logged in part, with address, and counted', async () => {
    await flood('worthless', '203.0.113.1');
    expect(linesOf('request', '203.0.113.1')).to.have.length(REFUSAL_LINES_MAX);
    expect(linesOf('audit', '203.0.113.1')).to.have.length(REFUSAL_LINES_MAX);
    world.clock.advance(REFUSAL_SAMPLE_MS);
    const [told, ...others] = linesOf(COUNTED, '203.0.113.1');
    expect(told).to.include({ code: 'invalid_token', count: FLOOD - REFUSAL_LINES_MAX, who: null });
    expect(others).to.deep.equal([]);
    await flood('worthless', '203.0.113.1', 1);
    expect(linesOf('request', '203.0.113.1')).to.have.length(REFUSAL_LINES_MAX + 1);
  });

  it('from one address or caller hides no refusal of another', async () => {
    await flood(await world.token(), '203.0.113.2');
    await flood(await world.token({ app: 'app-b' }), '203.0.113.2', 1);
    await flood(await world.token(), '203.0.113.3', 1);
    const applications = linesOf('request', '203.0.113.2').map(
      ({ who }) => (who as { readonly application: string }).application,
    );
    expect(applications).to.deep.equal([...Array<string>(REFUSAL_LINES_MAX).fill('app-a'), 'app-b']);
    expect(linesOf('request', '203.0.113.3')).to.have.length(1);
    world.clock.advance(REFUSAL_SAMPLE_MS);
    const told = linesOf(COUNTED, '203.0.113.2');
    expect(told.map(({ code, who }) => [code, (who as { readonly subject: string }).subject])).to.deep.equal([
      ['agent_not_found', 'tester'],
    ]);
  });
});

describe('the sampler of refusals', () => {
  it('distinguishes a bounded number of kinds, and counts the others by their code', () => {
    const clock = new HandClock();
    const told: Unlogged[] = [];
    const sampler = new RefusalSampler(clock, (unlogged) => told.push(unlogged));
    const admit = (from: string) => sampler.admits({ code: 'invalid_token', from, who: null });
    const admitted = Array.from({ length: REFUSAL_KINDS_MAX * 3 }, (_, index) => admit(`address ${index}`));
    expect(admitted.filter(Boolean)).to.have.length(REFUSAL_KINDS_MAX + REFUSAL_LINES_MAX);
    clock.advance(REFUSAL_SAMPLE_MS);
    const count = REFUSAL_KINDS_MAX * 2 - REFUSAL_LINES_MAX;
    expect(told).to.deep.equal([{ code: 'invalid_token', from: null, who: null, count }]);
  });

  it('begins again after an interval, and sets no alarm while there is nothing to count', () => {
    const clock = new HandClock();
    const sampler = new RefusalSampler(clock, () => undefined);
    const kind = { code: 'not_found', from: 'a', who: null };
    for (let interval = 0; interval < 3; interval += 1) {
      const admitted = Array.from({ length: FLOOD }, () => sampler.admits(kind));
      expect(admitted.filter(Boolean)).to.have.length(REFUSAL_LINES_MAX);
      clock.advance(REFUSAL_SAMPLE_MS);
    }
  });
});
