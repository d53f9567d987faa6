// A token that is bound to an inactive session: every route that adds work or authority refuses it. Routes that lessen or report
// are unaffected, and reads are refused once the session has ended.
import { expect } from 'chai';
import { routes } from '../../src/http/routes/routes.ts';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { Callers } from './callers.ts';
import { EventReader } from './event-reader.ts';
import { verify, verdictOf } from './issuing.ts';

type Effect = 'adds' | 'lessens' | 'reports' | 'reads';
type Row = readonly [Effect, string, string, object?];

const APP = { application_id: 'app-a' };
const TERMS = {
  issuer_application_id: 'app-a',
  receiver_application_id: 'app-a',
  resource_id: 'r-1',
  scopes: ['read'],
  ttl_seconds: 60,
};

/** The actors that the requests name. */
interface Setting {
  readonly other: string;
  readonly target: string;
  readonly edge: string;
  readonly worker: string;
  readonly service: string;
  readonly waiting: string;
  readonly running: string;
}

/** A request for every operation that a token of an application opens. */
const requestsIn = (it: Setting): Readonly<Record<string, Row>> => ({
  startSession: ['adds', 'POST', '/zones/z1/agents', APP],
  listSessions: ['reads', 'GET', '/zones/z1/agents'],
  getSession: ['reads', 'GET', `/zones/z1/agents/${it.other}`],
  listChildren: ['reads', 'GET', `/zones/z1/agents/${it.other}/children`],
  getSessionHistory: ['reads', 'GET', `/zones/z1/agents/${it.other}/history`],
  resumeSession: ['adds', 'PATCH', `/zones/z1/agents/${it.other}/resume`],
  registerService: ['adds', 'POST', '/zones/z1/agent-services', { ...APP, endpoint_url: 'https://new.example/' }],
  listServices: ['reads', 'GET', '/zones/z1/agent-services'],
  sendHeartbeat: ['reports', 'POST', `/zones/z1/agents/${it.worker}/heartbeat`, {}],
  takeLease: ['adds', 'POST', `/zones/z1/agents/${it.worker}/lease`],
  createInvocation: [
    'adds',
    'POST',
    '/zones/z1/invocations',
    { service_id: it.service, idempotency_key: 'k', method: 'm' },
  ],
  listInvocations: ['reads', 'GET', '/zones/z1/invocations'],
  getInvocation: ['reads', 'GET', `/zones/z1/invocations/${it.waiting}`],
  getInvocationHistory: ['reads', 'GET', `/zones/z1/invocations/${it.waiting}/history`],
  startInvocation: ['adds', 'PATCH', `/zones/z1/invocations/${it.waiting}/start`],
  cancelInvocation: ['lessens', 'PATCH', `/zones/z1/invocations/${it.waiting}/cancel`, {}],
  completeInvocation: ['reports', 'PATCH', `/zones/z1/invocations/${it.running}/complete`, { status: 'succeeded' }],
  createDelegation: [
    'adds',
    'POST',
    '/zones/z1/delegations',
    { ...TERMS, source_session_id: it.other, target_session_id: it.target },
  ],
  listActiveDelegations: ['reads', 'GET', '/zones/z1/delegations/active'],
  listInboundDelegations: ['reads', 'GET', `/zones/z1/delegations/inbound/${it.target}`],
  getInboundDelegation: ['reads', 'GET', `/zones/z1/delegations/inbound/${it.target}/${it.edge}`],
  listOutboundDelegations: ['reads', 'GET', `/zones/z1/delegations/outbound/${it.other}`],
  traverseDelegation: ['reads', 'GET', `/zones/z1/delegations/${it.edge}/traverse`],
  getDelegationImpact: ['reads', 'GET', `/zones/z1/delegations/${it.edge}/impact`],
  getDelegationHistory: ['reads', 'GET', `/zones/z1/delegations/${it.edge}/history`],
  getEffectiveAuthority: ['reads', 'GET', `/zones/z1/agents/${it.target}/effective-authority`],
  begin: ['adds', 'POST', '/v1/begin', { zone_id: 'z1', ...APP }],
  spawnChild: ['adds', 'POST', '/v1/spawn-child', { zone_id: 'z1', ...APP, parent_agent_session_id: it.other }],
  exchange: [
    'adds',
    'POST',
    '/v1/exchange',
    { zone_id: 'z1', ...TERMS, source_session_id: it.other, target_session_id: it.target },
  ],
  delegateToExistingAgent: [
    'adds',
    'POST',
    '/v1/delegate-to-existing-agent',
    { zone_id: 'z1', ...TERMS, from_agent_session_id: it.other, to_agent_session_id: it.target },
  ],
  suspendSession: ['lessens', 'PATCH', `/zones/z1/agents/${it.other}/suspend`],
  revokeDelegation: ['lessens', 'PATCH', `/zones/z1/delegations/${it.edge}/revoke?dry_run=true`],
  revokeDelegationEdge: ['lessens', 'POST', '/v1/revoke-delegation', { zone_id: 'z1', delegation_edge_id: it.edge }],
  end: ['lessens', 'POST', '/v1/end?dry_run=true', { zone_id: 'z1', agent_session_id: it.other }],
  terminateSession: ['lessens', 'DELETE', `/zones/z1/agents/${it.other}`],
});

describe('a token that is bound to a session', () => {
  let world: World;
  let callers: Callers;
  let setting: Setting;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
    const [other, target] = [await world.session(), await world.session()];
    const edge = String((await callers.delegate(other, target)).body['delegation_edge_id']);
    const service = await callers.service();
    const [waiting, running] = [
      await callers.invocation({ service_id: service }),
      await callers.invocation({ service_id: service }),
    ];
    await callers.move(running, 'start');
    const worker = await world.session({ lifecycle: 'service' });
    setting = { other, target, edge, worker, service, waiting, running };
  });
  afterEach(() => world.destroy());

  const bearerOf = (agentSessionId: string) => world.token({ agentSessionId });
  const ask = (token: string, [, method, path, body]: Row): Promise<Answered> =>
    world.call(method, path, body, { token });
  const refusalIn = ({ status, body }: Answered) => {
    const details = body['details'] as { reason?: unknown } | undefined;
    return [status, body['error'], details?.reason];
  };

  /** The states of the session of the token, with the reason in refusals and in `/v1/verify`. */
  const endings: readonly [string, string, boolean, () => Promise<string>][] = [
    [
      'is suspended',
      'session_suspended',
      true,
      async () => {
        const id = await world.session();
        await callers.patchSession(id, 'suspend');
        return id;
      },
    ],
    [
      'is suspended from above',
      'session_suspended',
      true,
      async () => {
        const root = await world.session();
        const id = await world.session({ parent_id: root });
        await callers.patchSession(root, 'suspend');
        return id;
      },
    ],
    [
      'was ended',
      'session_terminated',
      false,
      async () => {
        const id = await world.session();
        await callers.end(id);
        return id;
      },
    ],
    [
      'was ended before a restart',
      'session_terminated',
      false,
      async () => {
        const id = await world.session();
        await callers.end(id);
        await world.restart();
        return id;
      },
    ],
    [
      'ran out of time',
      'session_expired',
      false,
      async () => {
        const id = await world.session({ ttl_seconds: 1 });
        world.clock.advance(1_000);
        return id;
      },
    ],
    ['was never there', 'session_terminated', false, async () => 'nothing'],
    [
      'is of another application',
      'binding_mismatch',
      false,
      async () => world.session({ application_id: 'app-b' }, { token: await world.token({ app: 'app-b' }) }),
    ],
  ];

  for (const [what, reason, mayRead, become] of endings) {
    it(`that ${what} adds nothing, ${mayRead ? 'reads' : 'reads nothing'}, and lessens and reports as before`, async () => {
      const token = await bearerOf(await become());
      expect(verdictOf(await verify(world, { token }))).to.deep.equal([401, false, 'token_invalid', reason]);
      const refused = [403, 'caller_session_not_active', reason];
      for (const [name, row] of Object.entries(requestsIn(setting))) {
        const answer = await ask(token, row);
        const isRefused = row[0] === 'adds' || (row[0] === 'reads' && !mayRead);
        if (isRefused) expect([name, ...refusalIn(answer)]).to.deep.equal([name, ...refused]);
        else expect(answer.status, `${name}: ${answer.text}`).to.be.lessThan(300);
      }
      const events = await world.call('GET', '/zones/z1/events', undefined, { token });
      expect(mayRead ? [events.status] : refusalIn(events)).to.deep.equal(mayRead ? [200] : refused);
    });
  }

  it('that is active is not restricted', async () => {
    const token = await bearerOf(await world.session());
    for (const [name, row] of Object.entries(requestsIn(setting)))
      expect((await ask(token, row)).body['error'], name).to.not.equal('caller_session_not_active');
  });

  it('has a request here for every route that accepts it', () => {
    const opened = routes.filter(({ operator }) => operator !== 'only').map(({ operationId }) => operationId);
    expect(Object.keys(requestsIn(setting)).toSorted()).to.deep.equal(opened.toSorted());
  });

  it('is refused for revoked names before its session is checked', async () => {
    const id = await world.session();
    await callers.end(id);
    const row = { registration_method: 'managed' };
    await world.call('PUT', '/zones/z1/applications/app-a', row, { token: OPERATOR_TOKEN });
    await world.call('DELETE', '/zones/z1/applications/app-a', undefined, { token: OPERATOR_TOKEN });
    const answer = await world.call('GET', '/zones/z1/agents', undefined, { token: await bearerOf(id) });
    expect([answer.status, answer.body['error']]).to.deep.equal([401, 'identity_revoked']);
  });

  it('does not resume its own session, and is accepted again once another token has resumed it', async () => {
    const root = await world.session();
    const id = await world.session({ parent_id: root });
    const token = await bearerOf(id);
    await callers.patchSession(root, 'suspend');
    for (const which of [root, id]) {
      const answer = await world.call('PATCH', `/zones/z1/agents/${which}/resume`, undefined, { token });
      expect(refusalIn(answer)).to.deep.equal([403, 'caller_session_not_active', 'session_suspended']);
    }
    await callers.patchSession(root, 'resume');
    expect((await world.call('POST', '/zones/z1/agents', APP, { token })).status).to.equal(201);
  });

  it('ends the stream of events that it opened, once its session has ended', async () => {
    const id = await world.session();
    const reader = await EventReader.open(world.url, { token: await bearerOf(id) });
    await callers.end(id);
    const over = reader.over();
    world.clock.advance(15_000);
    await over;
    reader.close();
  });

  describe('of a service that missed its heartbeats', () => {
    const silent = async (fields: object = {}): Promise<string> => {
      const id = await world.session({ lifecycle: 'service', ...fields });
      world.clock.advance(120_000);
      expect(await callers.session(id)).to.include({ suspended_reason: 'service_heartbeat_lost' });
      return id;
    };
    const resume = async (id: string, bound: string) =>
      world.call('PATCH', `/zones/z1/agents/${id}/resume`, undefined, { token: await bearerOf(bound) });

    it('resumes that session itself, and nothing else', async () => {
      const [id, sibling] = [await silent(), await silent()];
      expect(refusalIn(await resume(sibling, id))).to.deep.equal([
        403,
        'caller_session_not_active',
        'session_suspended',
      ]);
      const start = await world.call('POST', '/zones/z1/agents', APP, { token: await bearerOf(id) });
      expect(start.status).to.equal(403);
      const { status, body } = await resume(id, id);
      expect([status, body]).to.deep.equal([200, { resumed: 1 }]);
    });

    it('does not resume it below a session that is suspended, nor once it has ended', async () => {
      const root = await world.session({ ttl_seconds: null, lifecycle: 'service' });
      const id = await world.session({ lifecycle: 'service', parent_id: root });
      world.clock.advance(60_000);
      await callers.heartbeat(root);
      world.clock.advance(60_000);
      await callers.patchSession(root, 'suspend');
      const held = await resume(id, id);
      expect([held.status, held.body['error']]).to.deep.equal([409, 'ancestor_suspended']);
      await callers.end(id);
      expect(refusalIn(await resume(id, id))).to.deep.equal([403, 'caller_session_not_active', 'session_terminated']);
    });

    it('does not resume what was suspended on request', async () => {
      const id = await world.session({ lifecycle: 'service' });
      await callers.patchSession(id, 'suspend');
      expect(refusalIn(await resume(id, id))).to.deep.equal([403, 'caller_session_not_active', 'session_suspended']);
    });
  });
});
