// A token that names a delegation edge which verify refuses: what adds work or authority is refused, and everything else is judged
// as for a token without an edge.
import { expect } from 'chai';
import { World, type Answered } from '../world/world.ts';
import { Callers } from './callers.ts';
import { issue, verdictOf, verify } from './issuing.ts';

const APP = { application_id: 'app-a' };

describe('a token that names a delegation', () => {
  let world: World;
  let callers: Callers;
  let source: string;
  let target: string;
  let edge: string;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
    [source, target] = [await world.session(), await world.session()];
    edge = String((await callers.delegate(source, target, { ttl_seconds: 60 })).body['delegation_edge_id']);
  });
  afterEach(() => world.destroy());

  const tokenOf = () => issue(world, { sid: 'user-1', delegation_edge_id: edge });
  const call = async (method: string, path: string, body?: object): Promise<Answered> =>
    world.call(method, path, body, { token: await tokenOf() });
  const revoke = () => world.call('PATCH', `/zones/z1/delegations/${edge}/revoke`);
  const startOf = () => call('POST', '/zones/z1/agents', APP);
  const refusalIn = ({ status, body }: Answered) => [
    status,
    body['error'],
    (body['details'] as { readonly reason?: string } | undefined)?.reason,
  ];

  const endings: readonly [string, string, () => Promise<unknown>][] = [
    ['was revoked', 'delegation_revoked', revoke],
    [
      'was revoked before a restart',
      'delegation_revoked',
      async () => {
        await revoke();
        await world.restart();
      },
    ],
    ['ran out of time', 'delegation_expired', async () => world.clock.advance(60_000)],
    ['was never there', 'delegation_revoked', async () => (edge = 'nothing')],
    ['comes from a session that is suspended', 'session_suspended', () => callers.patchSession(source, 'suspend')],
    ['leads to a session that is suspended', 'session_suspended', () => callers.patchSession(target, 'suspend')],
  ];

  for (const [what, reason, become] of endings) {
    it(`that ${what} adds nothing, and reads, reports and lessens as before`, async () => {
      const service = await callers.service();
      const [waiting, running] = [
        await callers.invocation({ service_id: service }),
        await callers.invocation({ service_id: service, timeout_ms: 600_000 }),
      ];
      const worker = await world.session({ lifecycle: 'service' });
      const other = await world.session();
      await callers.move(running, 'start');
      await become();
      const token = await tokenOf();
      expect(verdictOf(await verify(world, { token })).slice(2)).to.deep.equal(['token_invalid', reason]);
      const adding = [
        await startOf(),
        await call('PATCH', `/zones/z1/invocations/${waiting}/start`),
        await call('POST', `/zones/z1/agents/${worker}/lease`),
        await call('PATCH', `/zones/z1/agents/${other}/resume`),
        await call('POST', '/v1/begin', { zone_id: 'z1', ...APP }),
      ];
      for (const answer of adding) expect(refusalIn(answer)).to.deep.equal([403, 'caller_session_not_active', reason]);
      const others = [
        await call('GET', '/zones/z1/agents'),
        await call('GET', `/zones/z1/invocations/${waiting}`),
        await call('POST', `/zones/z1/agents/${worker}/heartbeat`, {}),
        await call('PATCH', `/zones/z1/invocations/${running}/complete`, { status: 'succeeded' }),
        await call('PATCH', `/zones/z1/invocations/${waiting}/cancel`, {}),
        await call('PATCH', `/zones/z1/agents/${other}/suspend`),
        await call('DELETE', `/zones/z1/agents/${other}`),
      ];
      for (const answer of others) expect(answer.status, answer.text).to.be.lessThan(300);
    });
  }

  it('which is active adds as any other', async () => {
    expect((await startOf()).status).to.equal(201);
  });
});
