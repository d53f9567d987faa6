// `Idempotency-Key` on commands that name an actor or row: a request that is sent again after a lost answer gets the first
// answer and changes nothing, also after later changes. Each command is a row.
import { expect } from 'chai';
import { Callers, refusalOf } from './callers.ts';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';

const ZONE = '/zones/z1';
const AGENTS = `${ZONE}/agents`;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly token?: string;
}

describe('Idempotency-Key on commands that name something', () => {
  let world: World;
  let callers: Callers;
  let keys = 0;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const newKey = () => {
    keys += 1;
    return `repeat-${keys}`;
  };

  const send = (key: string, { method, path, body, token }: Request): Promise<Answered> =>
    world.call(method, path, body, { headers: { 'idempotency-key': key }, ...(token === undefined ? {} : { token }) });

  const seqNow = async () => Number((await world.call('GET', `${AGENTS}?limit=1`)).headers.get('coordinator-seq'));

  const tree = async () => {
    const root = await world.session();
    await world.session({ parent_id: root });
    return root;
  };

  const suspended = async () => {
    const root = await tree();
    await callers.patchSession(root, 'suspend');
    return root;
  };

  const invocation = async () => callers.invocation({ service_id: await callers.service() });

  const running = async () => {
    const id = await invocation();
    await callers.move(id, 'start');
    return id;
  };

  /** An edge, and another one that is revoked with it. */
  const edge = async () => {
    const [source, target] = [await world.session(), await world.session()];
    const made = await callers.delegate(source, target);
    await callers.delegate(source, target);
    return String(made.body['delegation_edge_id']);
  };

  const application = async () => {
    const path = `${ZONE}/applications/${newKey()}`;
    await world.call('PUT', path, { registration_method: 'managed' }, { token: OPERATOR_TOKEN });
    return path;
  };

  const rows: Readonly<Record<string, () => Promise<Request>>> = {
    'session.suspend': async () => ({ method: 'PATCH', path: `${AGENTS}/${await tree()}/suspend` }),
    'session.resume': async () => ({ method: 'PATCH', path: `${AGENTS}/${await suspended()}/resume` }),
    'session.terminate': async () => ({ method: 'DELETE', path: `${AGENTS}/${await tree()}?reason=done` }),
    'session.terminate over /v1': async () => ({
      method: 'POST',
      path: '/v1/end',
      body: { zone_id: 'z1', agent_session_id: await tree() },
    }),
    'session.heartbeat': async () => ({
      method: 'POST',
      path: `${AGENTS}/${await world.session({ lifecycle: 'service' })}/heartbeat`,
      body: {},
    }),
    'session.take-lease': async () => ({
      method: 'POST',
      path: `${AGENTS}/${await world.session({ lifecycle: 'service' })}/lease`,
    }),
    'invocation.start': async () => ({ method: 'PATCH', path: `${ZONE}/invocations/${await invocation()}/start` }),
    'invocation.cancel': async () => ({
      method: 'PATCH',
      path: `${ZONE}/invocations/${await invocation()}/cancel`,
      body: { reason: 'not needed' },
    }),
    'invocation.complete': async () => ({
      method: 'PATCH',
      path: `${ZONE}/invocations/${await running()}/complete`,
      body: { status: 'failed', error: { reason: 'boom' }, attempt: 1 },
    }),
    'edge.revoke': async () => ({ method: 'PATCH', path: `${ZONE}/delegations/${await edge()}/revoke` }),
    'directory.register': async () => ({
      method: 'PUT',
      path: await application(),
      body: { registration_method: 'managed', expires_at: '2100-01-01T00:00:00Z' },
      token: OPERATOR_TOKEN,
    }),
    'directory.archive': async () => ({ method: 'DELETE', path: await application(), token: OPERATOR_TOKEN }),
  };

  for (const [command, prepare] of Object.entries(rows)) {
    it(`returns the first answer to ${command} again, also after a restart, and changes nothing`, async () => {
      const request = await prepare();
      const key = newKey();
      const first = await send(key, request);
      expect(first.status, first.text).to.be.oneOf([200, 204]);
      expect(first.headers.get('idempotency-replayed')).to.equal(null);
      const seq = await seqNow();
      const again = await send(key, request);
      await world.restart();
      const later = await send(key, request);
      for (const repeated of [again, later]) {
        expect([repeated.status, repeated.body]).to.deep.equal([first.status, first.body]);
        expect(repeated.headers.get('idempotency-replayed')).to.equal('true');
      }
      expect(again.headers.get('coordinator-seq')).to.equal(String(seq));
    });
  }

  it('refuses the key for another request of the same command', async () => {
    const key = newKey();
    await send(key, { method: 'PATCH', path: `${AGENTS}/${await tree()}/suspend` });
    const other = await send(key, { method: 'PATCH', path: `${AGENTS}/${await tree()}/suspend` });
    expect(refusalOf(other)).to.deep.equal([409, 'idempotency_key_conflict']);
  });

  it('uses up no attempt when a start is sent again', async () => {
    const id = await invocation();
    const start = { method: 'PATCH', path: `${ZONE}/invocations/${id}/start` };
    const key = newKey();
    await Promise.all([send(key, start), send(key, start), send(key, start)]);
    expect((await callers.get(id)).body['attempts']).to.equal(1);
  });

  it('returns the first answer although the session has ended since', async () => {
    const root = await tree();
    const request = { method: 'PATCH', path: `${AGENTS}/${root}/suspend` };
    const key = newKey();
    await send(key, request);
    await callers.end(root);
    expect((await send(key, request)).body).to.deep.equal({ suspended: 2 });
  });

  it('judges the rights of the caller again', async () => {
    const owner = { token: await world.token({ app: 'app-b' }) };
    const id = await world.session({ application_id: 'app-b' }, owner);
    const request = { method: 'POST', path: `${AGENTS}/${id}/heartbeat`, body: {} };
    const key = newKey();
    const helper = await world.token({ app: 'app-c', scope: 'coordinator.spawn_for:app-b' });
    expect((await send(key, { ...request, token: helper })).status).to.equal(200);
    const without = await send(key, { ...request, token: await world.token({ app: 'app-c' }) });
    expect(refusalOf(without)).to.deep.equal([403, 'application_ownership_required']);
  });

  it('uses no key for a dry run', async () => {
    const root = await tree();
    const key = newKey();
    const dry = await send(key, { method: 'PATCH', path: `${AGENTS}/${root}/suspend?dry_run=true` });
    expect(dry.body).to.include({ dry_run: true, suspended: 2 });
    const real = await send(key, { method: 'PATCH', path: `${AGENTS}/${root}/suspend` });
    expect([real.body, real.headers.get('idempotency-replayed')]).to.deep.equal([{ suspended: 2 }, null]);
  });

  it('keeps no receipt of a command that was refused', async () => {
    const root = await tree();
    const request = { method: 'PATCH', path: `${AGENTS}/${root}/resume` };
    const key = newKey();
    expect(refusalOf(await send(key, request))).to.deep.equal([409, 'agent_not_found_or_not_suspended']);
    await callers.patchSession(root, 'suspend');
    expect((await send(key, request)).body).to.deep.equal({ resumed: 2 });
  });

  it('checks the form of the key', async () => {
    const refused = await send(' ', { method: 'PATCH', path: `${AGENTS}/${await tree()}/suspend` });
    expect(refusalOf(refused).slice(0, 1)).to.deep.equal([400]);
    expect(refused.body['error']).to.equal('idempotency_key_invalid');
  });
});

describe('the attempt that a worker completes', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const started = async () => {
    const id = await callers.invocation({ service_id: await callers.service(), timeout_ms: 1_000 });
    await callers.move(id, 'start');
    return id;
  };

  it('is fenced when another attempt runs', async () => {
    const id = await started();
    world.clock.advance(1_000);
    await callers.move(id, 'start');
    const late = await callers.move(id, 'complete', { status: 'succeeded', attempt: 1 });
    expect(refusalOf(late)).to.deep.equal([409, 'invocation_attempt_fenced']);
    expect(late.body['details']).to.deep.equal({ status: 'running', attempt: 1, attempts: 2 });
    const current = await callers.move(id, 'complete', { status: 'succeeded', attempt: 2 });
    expect(current.body['status']).to.equal('succeeded');
  });

  it('is checked against the state if it is the last one', async () => {
    const id = await started();
    world.clock.advance(1_000);
    const late = await callers.move(id, 'complete', { status: 'succeeded', attempt: 1 });
    expect(refusalOf(late)).to.deep.equal([409, 'invocation_not_completable']);
  });

  it('may be left out', async () => {
    const id = await started();
    expect((await callers.move(id, 'complete', { status: 'succeeded' })).status).to.equal(200);
  });
});
