// The audit: one line for every change that is on disk and for every refusal of authority, with who, what, on what and from
// where; none for anything else.
import { expect } from 'chai';
import { LogLines, type Line } from '../world/log-lines.ts';
import { OPERATOR_TOKEN, World, type Answered, type CallOptions } from '../world/world.ts';
import { Callers } from './callers.ts';

const ZONE = '/zones/z1';
const AGENTS = `${ZONE}/agents`;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
const TESTER = { application: 'app-a', subject: 'tester', sid: 'user-1' };

describe('the audit', () => {
  const log = new LogLines();
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create({ LOG_LEVEL: 'info', TRUST_PROXY: '1' }, log);
    callers = new Callers(world);
  });
  after(() => world.destroy());

  /** What was written while something was done. */
  const auditOf = async (what: () => Promise<unknown>): Promise<Line[]> => {
    const before = log.audit.length;
    await what();
    return log.audit.slice(before);
  };
  const call = (method: string, path: string, body?: object, { headers, ...options }: CallOptions = {}) =>
    world.call(method, path, body, { headers: { 'x-request-id': 'r', ...headers }, ...options });

  it('tells of a start who, what, on what and from where', async () => {
    const headers = { ...TRACEPARENT, 'x-forwarded-for': '203.0.113.9, 2001:db8::7' };
    let started: Answered | undefined;
    const lines = await auditOf(async () => {
      started = await call('POST', AGENTS, { application_id: 'app-a' }, { headers });
    });
    const on = { zone: 'z1', id: started?.body['agent_session_id'], application: 'app-a' };
    const seq = Number(started?.headers.get('coordinator-seq'));
    const what = { audit: 'accepted', who: TESTER, what: 'session.start' };
    expect(lines).to.deep.equal([{ ...what, on, from: '2001:db8::7', requestId: 'r', traceId: TRACE, seq }]);
  });

  it('tells of the operator, of an agent, and of nobody by an address that is none', async () => {
    const id = await world.session();
    const [byOperator] = await auditOf(() =>
      call('PATCH', `${AGENTS}/${id}/suspend`, undefined, {
        token: OPERATOR_TOKEN,
        headers: { 'x-forwarded-for': 'no address' },
      }),
    );
    expect(byOperator).to.deep.include({ who: { operator: true }, what: 'session.suspend', on: { zone: 'z1', id } });
    expect(byOperator).to.include({ from: 'unreadable' }).and.not.to.have.property('traceId');
    const token = await world.token({ sid: null, agentSessionId: id });
    const [byAgent] = await auditOf(() => call('PATCH', `${AGENTS}/${id}/resume`, undefined, { token }));
    expect(byAgent?.['who']).to.deep.equal({ application: 'app-a', subject: 'tester', agent: id });
  });

  it('has a line for every kind of change', async () => {
    const what = await auditOf(async () => {
      const service = await callers.service({ endpoint_url: 'https://one.example/' });
      expect(await callers.service({ endpoint_url: 'https://one.example/' })).to.equal(service);
      const [host, other] = [await world.session({ lifecycle: 'service' }), await world.session()];
      await callers.heartbeat(host);
      await callers.takeLease(host);
      const invocation = await callers.invocation({ service_id: service });
      for (const verb of ['start', 'cancel', 'complete'] as const)
        await callers.move(invocation, verb, verb === 'complete' ? { status: 'failed' } : undefined);
      const edge = (await callers.delegate(host, other)).body['delegation_edge_id'];
      await world.call('POST', '/v1/revoke-delegation', { zone_id: 'z1', delegation_edge_id: edge });
      await callers.patchSession(host, 'suspend');
      await callers.patchSession(host, 'resume');
      await callers.end(host);
      const registration = { registration_method: 'managed' };
      await world.call('PUT', `${ZONE}/applications/app-x`, registration, { token: OPERATOR_TOKEN });
      await world.call('DELETE', `${ZONE}/applications/app-x`, undefined, { token: OPERATOR_TOKEN });
      expect(log.audit.filter((line) => line['what'] === 'service.register').map((line) => line['on'])).to.deep.equal(
        Array(2).fill({ zone: 'z1', id: service, application: 'app-a' }),
      );
    });
    expect(what.map((line) => line['what'])).to.deep.equal([
      ...['service.register', 'service.register', 'session.start', 'session.start', 'session.heartbeat'],
      ...['session.take-lease', 'invocation.create', 'invocation.start', 'invocation.cancel', 'invocation.complete'],
      ...['edge.create', 'edge.revoke', 'session.suspend', 'session.resume', 'session.terminate'],
      ...['directory.register', 'directory.archive'],
    ]);
    expect(what.at(-1)?.['on']).to.deep.equal({ zone: 'z1', table: 'application', id: 'app-x' });
    const seqs = what.map((line) => Number(line['seq']));
    expect(seqs).to.deep.equal(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  });

  it('names the coordinator for what happens by itself', async () => {
    const id = await world.session({ ttl_seconds: 60 });
    const [line] = await auditOf(async () => {
      world.clock.advance(60_000);
      await world.call('GET', `${AGENTS}/${id}`);
    });
    expect(line).to.deep.include({ who: { coordinator: true }, what: 'session.expired', on: { zone: 'z1', id } });
    expect(line).to.have.property('seq');
  });

  it('has no line where nothing changed: a look, a dry run, a repeated key, a heartbeat without news, a refusal of another kind', async () => {
    const id = await world.session({ lifecycle: 'service' });
    await callers.heartbeat(id);
    const headers = { 'idempotency-key': 'audited' };
    await call('POST', AGENTS, { application_id: 'app-a' }, { headers });
    const lines = await auditOf(async () => {
      await call('GET', `${AGENTS}/${id}`);
      await call('PATCH', `${AGENTS}/${id}/suspend?dry_run=true`);
      await call('POST', AGENTS, { application_id: 'app-a' }, { headers });
      await callers.heartbeat(id);
      await call('PATCH', `${AGENTS}/${id}/resume`);
      await call('PATCH', `${AGENTS}/${id}/suspend`, undefined, { headers: { 'if-match': '"0"' } });
      await call('PATCH', `${AGENTS}/nothing/suspend`);
    });
    expect(lines).to.deep.equal([]);
  });

  describe('of refusals', () => {
    const refusals = async (what: () => Promise<unknown>): Promise<Line[]> => {
      const lines = await auditOf(what);
      expect(lines.map(({ audit, requestId }) => ({ audit, requestId }))).to.deep.equal(
        Array(lines.length).fill({ audit: 'refused', requestId: 'r' }),
      );
      return lines.map(({ audit: _audit, requestId: _requestId, from: _from, ...line }) => line);
    };

    it('says nothing of whoever proved nothing', async () => {
      const id = await world.session();
      const path = `${AGENTS}/${id}/suspend`;
      const expired = await world.token({ ttlSeconds: -3_600 });
      const lines = await refusals(async () => {
        await call('PATCH', path, undefined, { token: null });
        await call('PATCH', path, undefined, { token: 'not.a.token' });
        await call('PATCH', path, undefined, { token: expired });
      });
      const line = { who: null, what: 'session.suspend', on: { zone: 'z1', id } };
      const codes = ['missing_token', 'invalid_token', 'invalid_token'];
      expect(lines).to.deep.equal(codes.map((code) => ({ ...line, code })));
    });

    it('says who was known and had no right, and to what', async () => {
      const id = await world.session();
      const token = await world.token({ app: 'app-b' });
      const elsewhere = await world.token({ zone: 'z2' });
      const target = await world.session({ application_id: 'app-b' }, { token });
      const lines = await refusals(async () => {
        await call('DELETE', `${AGENTS}/${id}`, undefined, { token });
        await call('POST', '/v1/end', { zone_id: 'z1', agent_session_id: id }, { token });
        await call('POST', AGENTS, { application_id: 'app-a' }, { token });
        await call('GET', `${AGENTS}/${id}`, undefined, { token: elsewhere });
        await call('POST', '/v1/begin', { zone_id: 'z1', application_id: 'app-a' }, { token: elsewhere });
        await call('PUT', `${ZONE}/resources/r-1`, {}, { token });
      });
      const who = { ...TESTER, application: 'app-b' };
      const session = { who, what: 'session.terminate', on: { zone: 'z1', id } };
      expect(lines).to.deep.equal([
        { ...session, code: 'application_ownership_required' },
        { ...session, code: 'application_ownership_required' },
        {
          who,
          what: 'session.start',
          on: { zone: 'z1', application: 'app-a' },
          code: 'application_ownership_required',
        },
        { who: TESTER, what: 'session.get', on: { zone: 'z1', id }, code: 'zone_mismatch' },
        { who: TESTER, what: 'session.start', on: { zone: 'z1' }, code: 'zone_mismatch' },
        { who, what: 'directory.register', on: { zone: 'z1', id: 'r-1' }, code: 'operator_token_required' },
      ]);
      const [edge] = await refusals(() =>
        call(
          'POST',
          `${ZONE}/delegations`,
          {
            source_session_id: id,
            target_session_id: target,
            issuer_application_id: 'app-a',
            receiver_application_id: 'app-b',
            scopes: ['read'],
            ttl_seconds: 60,
          },
          { token },
        ),
      );
      const on = { zone: 'z1', application: 'app-a', receiver: 'app-b', source: id, target };
      expect(edge).to.deep.equal({ who, what: 'edge.create', on, code: 'issuer_ownership_required' });
    });

    it('tells of an application that has ended, of streams, figures and tokens that were asked about', async () => {
      const put = (method: string, body?: object) =>
        world.call(method, `${ZONE}/applications/app-gone`, body, { token: OPERATOR_TOKEN });
      await put('PUT', { registration_method: 'managed' });
      await put('DELETE');
      const token = await world.token({ app: 'app-gone' });
      const id = await world.session();
      await world.call('PATCH', `${AGENTS}/${id}/suspend`);
      const suspended = await world.token({ agentSessionId: id });
      const lines = await refusals(async () => {
        await call('GET', AGENTS, undefined, { token });
        await call('GET', `${ZONE}/events`, undefined, { token });
        await call('GET', `${ZONE}/events`, undefined, { token: null });
        await call('GET', '/metrics', undefined, { token });
        await call('GET', '/stats', undefined, { token: null });
        await call('POST', '/v1/verify', { token: 'none' }, { token: null });
        await call('POST', '/v1/verify', { token: suspended }, { token: null });
      });
      const who = { ...TESTER, application: 'app-gone' };
      const on = { zone: 'z1' };
      expect(lines).to.deep.equal([
        { who, what: 'session.list', on, code: 'identity_revoked' },
        { who, what: 'zone.events', on, code: 'identity_revoked' },
        { who: null, what: 'zone.events', on, code: 'missing_token' },
        { who: null, what: 'GET /metrics', on: {}, code: 'operator_token_required' },
        { who: null, what: 'GET /stats', on: {}, code: 'missing_token' },
        { who: null, what: 'token.verify', on: {}, code: 'invalid_token' },
        { who: { ...TESTER, agent: id }, what: 'token.verify', on: {}, code: 'session_suspended' },
      ]);
    });
  });
});
