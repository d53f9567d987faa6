// The doors for those who look at actors: who is let in, what the stream carries, and what the door of the WebSocket leaves alone.
import { once } from 'node:events';
import { request } from 'node:http';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { INSPECTOR_TICKETS_MAX, INSPECTOR_TICKET_MS, INSPECTOR_VIEWERS_MAX } from '../../src/limits.ts';
import { OPERATOR_TOKEN, World, type CallOptions } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';
import { EventReader, type SeenEvent } from './event-reader.ts';

const STREAM = '/inspector/stream';
const operator = { token: OPERATOR_TOKEN };

const actorsOf = (seen: readonly SeenEvent[], type = '@xstate.actor'): unknown[] =>
  seen.filter(({ topic }) => topic === type).map(({ data }) => data['actor']);

const isSynced = (seen: readonly SeenEvent[]) => seen.some(({ topic }) => topic === 'coordinator.synced');

/** Opens a WebSocket, and gives what the server said to that: 101, or the refusal. */
const upgrade = async (url: string, protocols: string[] = [], headers: Record<string, string> = {}) => {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols, { headers });
  socket.on('error', () => {});
  const answered = once(socket, 'unexpected-response').then(async ([, response]) => {
    const [body] = await once(response, 'data');
    const { statusCode, headers: said } = response;
    return { socket, answer: [statusCode, JSON.parse(String(body)).error], said };
  });
  const opened = once(socket, 'open').then(() => ({ socket, answer: [101, undefined], said: {} }));
  opened.catch(() => {});
  answered.catch(() => {});
  return Promise.race([answered, opened]);
};

describe('the doors of the inspector', () => {
  let world: World;
  const open: (EventReader | WebSocket)[] = [];

  const look = async (query = '?zone=z1', headers = {}): Promise<EventReader> => {
    const reader = await EventReader.open(world.url, { token: OPERATOR_TOKEN, path: STREAM, query, headers });
    open.push(reader);
    return reader;
  };
  const socketTo = async (query: string, protocols: string[] = [], headers: Record<string, string> = {}) => {
    const { socket, answer, said } = await upgrade(`${world.url}/inspector/ws${query}`, protocols, headers);
    open.push(socket);
    return { socket, answer, said };
  };
  const refused = async (path: string, options: CallOptions = operator, method = 'GET') =>
    refusalOf(await world.call(method, path, undefined, options));
  const ticket = async () =>
    String((await world.call('POST', '/inspector/tickets', undefined, operator)).body['ticket']);

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.close();
    await world.destroy();
  });

  it('stream what exists and what happens, as events of the type of each message', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const reader = await look();
    expect(reader.response.headers['content-type']).to.equal('text/event-stream');
    expect(reader.response.headers['cache-control']).to.contain('no-store');
    await reader.until(isSynced);
    expect(reader.seen[0]?.topic).to.equal('coordinator.zone');
    expect(actorsOf(reader.seen)).to.deep.equal(['z1', root, child]);
    await world.call('PATCH', `/zones/z1/agents/${root}/suspend`);
    const seen = await reader.until((all) => actorsOf(all, '@xstate.snapshot').length === 2);
    const { data } = seen.at(-1) as SeenEvent;
    expect(data).to.include({ zone: 'z1', machine: 'agent-session', actor: child, type: '@xstate.snapshot' });
    expect(data['snapshot']).to.deep.include({ value: { suspended: 'inherited' }, tags: ['live'] });
  });

  it('stream one subtree with the calls and edges that touch it, as they come and as they are', async () => {
    const callers = new Callers(world);
    const [root, other] = [await world.session(), await world.session()];
    const child = await world.session({ parent_id: root });
    const service = await callers.service();
    const call = await callers.invocation({ service_id: service, source_session_id: child });
    await callers.invocation({ service_id: service, source_session_id: other });
    const edge = String((await callers.delegate(other, child)).body['delegation_edge_id']);
    const reader = await look(`?zone=z1&session=${root}`);
    await reader.until(isSynced);
    expect(actorsOf(reader.seen)).to.have.members(['z1', root, child, call, edge]);
    const later = await callers.invocation({ service_id: service, target_session_id: child });
    await callers.invocation({ service_id: service, source_session_id: other });
    await world.call('DELETE', `/zones/z1/agents/${child}`);
    const seen = await reader.until((all) => actorsOf(all, 'coordinator.actor.gone').length >= 4);
    expect(actorsOf(seen, 'coordinator.actor.gone')).to.have.members([child, call, later, edge]);
  });

  it('say no to whoever is not the operator', async () => {
    for (const path of [`${STREAM}?zone=z1`, '/inspector/tickets']) {
      const method = path.endsWith('tickets') ? 'POST' : 'GET';
      expect(await refused(path, { token: null }, method)).to.deep.equal([401, 'missing_token']);
      expect(await refused(path, { token: 'guessed' }, method)).to.deep.equal([401, 'invalid_token']);
      expect(await refused(path, {}, method)).to.deep.equal([403, 'operator_token_required']);
    }
    const bearer = { authorization: `Bearer ${await world.token({ scope: 'coordinator.admin' })}` };
    expect((await socketTo('?zone=z1')).answer).to.deep.equal([401, 'missing_token']);
    expect((await socketTo('?zone=z1', [], bearer)).answer).to.deep.equal([403, 'operator_token_required']);
    expect((await socketTo('?zone=z1&ticket=guessed')).answer).to.deep.equal([401, 'missing_token']);
  });

  it('say no to pages of other origins, unless they are named', async () => {
    const foreign = { origin: 'https://elsewhere.example' };
    const [ours] = [{ origin: world.url }];
    const withTicket = async (headers: Record<string, string>) =>
      (await socketTo(`?zone=z1&ticket=${await ticket()}`, [], headers)).answer;
    expect(await refused(`${STREAM}?zone=z1`, { ...operator, headers: foreign })).to.deep.equal([
      403,
      'origin_not_allowed',
    ]);
    expect(await withTicket(foreign)).to.deep.equal([403, 'origin_not_allowed']);
    expect(await withTicket({ origin: 'null' })).to.deep.equal([403, 'origin_not_allowed']);
    expect(await withTicket(ours)).to.deep.equal([101, undefined]);
    await (await look('?zone=z1', ours)).until(isSynced);
    await world.restart({ INSPECT_ORIGINS: 'https://inspector.example, https://elsewhere.example' });
    expect(await withTicket(foreign)).to.deep.equal([101, undefined]);
    expect(await withTicket({ origin: 'https://elsewhere.example.evil' })).to.deep.equal([403, 'origin_not_allowed']);
  });

  it('open a WebSocket by a bearer in the header, by one among the protocols, or by a ticket', async () => {
    const bearer = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    expect((await socketTo('?zone=z1', [], bearer)).answer).to.deep.equal([101, undefined]);
    const protocols = [
      'coordinator.inspector',
      `coordinator.bearer.${Buffer.from(OPERATOR_TOKEN).toString('base64url')}`,
    ];
    const { socket, answer } = await socketTo('?zone=z1', protocols);
    expect([answer, socket.protocol]).to.deep.equal([[101, undefined], 'coordinator.inspector']);
    expect((await socketTo('?zone=z1', ['coordinator.bearer.Z3Vlc3NlZA'])).answer).to.deep.equal([
      401,
      'invalid_token',
    ]);
  });

  it('take a ticket once, for a short while, and no more of them than may wait', async () => {
    const first = await ticket();
    expect((await socketTo(`?zone=z1&ticket=${first}`)).answer[0]).to.equal(101);
    expect((await socketTo(`?zone=z1&ticket=${first}`)).answer).to.deep.equal([401, 'missing_token']);
    const late = await ticket();
    world.clock.advance(INSPECTOR_TICKET_MS);
    expect((await socketTo(`?zone=z1&ticket=${late}`)).answer[0]).to.equal(401);
    const oldest = await ticket();
    for (let n = 0; n < INSPECTOR_TICKETS_MAX; n += 1) await ticket();
    expect((await socketTo(`?zone=z1&ticket=${oldest}`)).answer[0]).to.equal(401);
  });

  it('explain what they do not understand', async () => {
    expect(await refused(STREAM)).to.deep.equal([400, 'invalid_query']);
    expect(await refused(`${STREAM}?zone=a%20b`)).to.deep.equal([400, 'invalid_query']);
    expect(await refused(`${STREAM}?zone=z1&events=yes`)).to.deep.equal([400, 'invalid_query']);
    expect(await refused(`${STREAM}?zone=z1&show=labels,everything`)).to.deep.equal([400, 'invalid_query']);
    expect(await refused(`${STREAM}?zone=z1&session=nobody`)).to.deep.equal([404, 'agent_not_found']);
    const bearer = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    const { answer, said } = await socketTo('?zone=z1&session=nobody', [], { ...bearer, 'x-request-id': 'r-7' });
    expect(answer).to.deep.equal([404, 'agent_not_found']);
    expect(said).to.include({ 'x-request-id': 'r-7', connection: 'close' });
  });

  it('are paths like others: a method or a protocol that is not theirs is refused as usual', async () => {
    for (const [method, path] of [
      ['POST', STREAM],
      ['POST', '/inspector/ws'],
      ['GET', '/inspector/tickets'],
    ] as const)
      expect(await refused(path, operator, method)).to.deep.equal([405, 'method_not_allowed']);
    const plain = await world.call('GET', '/inspector/ws?zone=z1', undefined, operator);
    expect(refusalOf(plain)).to.deep.equal([426, 'upgrade_required']);
    expect(plain.headers.get('upgrade')).to.equal('websocket');
    expect(await refused('/inspector/nothing')).to.deep.equal([404, 'not_found']);
    const { status, text } = await world.call('HEAD', `${STREAM}?zone=z1`, undefined, operator);
    expect([status, text]).to.deep.equal([200, '']);
  });

  it('leave requests for other protocols elsewhere what they were, body and all', async () => {
    const authorization = `Bearer ${await world.token()}`;
    for (const wanted of ['h2c', 'websocket']) {
      const headers = { authorization, connection: 'Upgrade', upgrade: wanted, 'content-type': 'application/json' };
      const asked = request(`${world.url}/zones/z1/agents`, { method: 'POST', headers, agent: false });
      asked.end(JSON.stringify({ application_id: 'app-a' }));
      const [response] = await once(asked, 'response');
      expect([response.statusCode, wanted]).to.deep.equal([201, wanted]);
      response.resume();
    }
    const h2c = 'GET /inspector/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n';
    expect(await world.raw(h2c)).to.match(/^HTTP\/1\.1 426 [\s\S]*upgrade_required/);
  });

  it('are open to so many at a time', async () => {
    for (let n = 0; n < INSPECTOR_VIEWERS_MAX; n += 1) await look();
    expect(await refused(`${STREAM}?zone=z1`)).to.deep.equal([429, 'inspector_viewer_limit_exceeded']);
    const first = open.shift() as EventReader;
    first.close();
    await first.over();
    let status = 429;
    while (status === 429) ({ status } = await world.call('HEAD', `${STREAM}?zone=z1`, undefined, operator));
    expect(status).to.equal(200);
  });

  it('say that a quiet stream lives, and close with the process', async () => {
    const reader = await look();
    const { socket } = await socketTo(`?zone=z1&ticket=${await ticket()}`);
    await reader.until(isSynced);
    const pinged = once(socket, 'ping');
    const commented = reader.commented();
    world.clock.advance(15_000);
    await Promise.all([pinged, commented]);
    const closed = once(socket, 'close');
    await world.stop();
    await reader.over();
    expect((await closed)[0]).to.equal(1001);
  });

  it('show only fields that anybody may see, and others where they are asked for by name', async () => {
    const id = await world.session({ labels: ['a label'], metadata: { of: 'mine' } });
    const contextIn = async (query: string) => {
      const reader = await look(query);
      const seen = await reader.until(isSynced);
      const { data } = seen.find((each) => each.data['actor'] === id) as SeenEvent;
      return (data['snapshot'] as { context: Readonly<Record<string, unknown>> }).context;
    };
    const usual = await contextIn('?zone=z1');
    expect(Object.keys(usual)).to.have.members([
      ...['parentId', 'depth', 'lifecycle', 'startedAt', 'startedSeq', 'expiresAt', 'endedAt', 'heardAt'],
      ...['leaseGeneration', 'authority', 'authorityAtStart', 'subjectProven', 'seq', 'changes'],
    ]);
    const more = await contextIn('?zone=z1&show=labels,metadata');
    expect(Object.keys(more)).to.have.members([...Object.keys(usual), 'labels']);
    expect(more['labels']).to.deep.equal(['a label']);
  });
});
