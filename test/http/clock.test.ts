// Reports about the clocks: a dispute does not make the coordinator unready, and is shown in readiness and metrics.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

const HOUR = 3_600_000;

describe('a clock that is disputed', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });

  afterEach(() => world.destroy());

  it('is shown in /ready, which stays 200', async () => {
    expect((await world.call('GET', '/ready')).body['clock']).to.deep.equal({ state: 'agreed' });
    world.clock.wallAheadMs = -HOUR;
    const { status, body } = await world.call('GET', '/ready');
    expect([status, body['ok']]).to.deep.equal([200, true]);
    expect(body['clock']).to.deep.include({ state: 'disputed', wall_ahead_ms: -HOUR });
  });

  it('is shown in the metrics', async () => {
    world.clock.wallAheadMs = HOUR;
    const { text } = await world.call('GET', '/metrics', undefined, { token: OPERATOR_TOKEN });
    expect(text).to.match(/^coordinator_clock_disputed 1$/m);
    expect(text).to.match(/^coordinator_clock_wall_ahead_seconds 3600$/m);
    expect(text).to.match(/^coordinator_clock_steady 0$/m);
    expect(text).to.match(/^coordinator_clock_deaf_seconds_total 0$/m);
  });

  it('ends a token that one of the clocks says has expired', async () => {
    const token = await world.token({ ttlSeconds: 1_800 });
    expect((await world.call('GET', '/zones/z1/agents', undefined, { token })).status).to.equal(200);
    world.clock.wallAheadMs = HOUR;
    const { status, body } = await world.call('GET', '/zones/z1/agents', undefined, { token });
    expect([status, body['error']]).to.deep.equal([401, 'invalid_token']);
    world.clock.wallAheadMs = 0;
    expect((await world.call('GET', '/zones/z1/agents', undefined, { token })).status).to.equal(200);
  });
});
