// Nothing that callers send as their own, and no secret, reaches those who look at actors: the word is planted in every field of
// every command and looked for in everything that every door sends.
import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';
import { SHOWABLE } from '../../src/inspect/allowed.ts';
import { Callers } from '../http/callers.ts';
import { EventReader } from '../http/event-reader.ts';
import { textOf } from '../world/socket-text.ts';
import { OPERATOR_TOKEN, World, type CallOptions } from '../world/world.ts';

const WORD = 'xyzzy';
const planted = (what: string) => `${WORD}-${what}`;
const object = (what: string) => ({ [planted(what)]: { [WORD]: [planted(what)] } });

/** Does everything that can be done in a zone, with the word wherever a caller may put words. */
const live = async (world: World): Promise<readonly string[]> => {
  const operator: CallOptions = { token: OPERATOR_TOKEN };
  const put = (path: string, body: object) => world.call('PUT', `/zones/z1/${path}`, body, operator);
  const until = new Date(world.clock.now() + 3_600_000).toISOString();
  await put(`applications/${planted('app')}`, { registration_method: 'managed' });
  await put(`subject-sessions/${planted('subject')}`, { session_type: 'user', expires_at: until });
  const facts = { identifier: planted('identifier'), application_id: 'app-a', scopes: [planted('scope')] };
  await put(`resources/${planted('resource')}`, facts);

  const token = await world.token({ sub: planted('sub'), sid: planted('subject'), scope: 'coordinator.admin' });
  const headers = { 'idempotency-key': planted('key'), 'x-request-id': planted('request') };
  const told: CallOptions = { token, headers };
  const callers = new Callers(world);
  const fields = { labels: [planted('label')], metadata: object('metadata'), subject_session_id: planted('subject') };
  const root = await world.session({ ...fields, lifecycle: 'service' }, told);
  const other = await world.session(fields, { token });
  const service = await callers.service(
    {
      endpoint_url: `https://${WORD}.example/${planted('path')}`,
      protocol_versions: [planted('protocol')],
      framework: { name: planted('framework'), version: planted('version') },
      capabilities: [planted('capability')],
      metadata: object('service-metadata'),
    },
    { token },
  );
  const beat = { service_id: service, status: 'degraded', metadata: object('heartbeat') };
  await world.call('POST', `/zones/z1/agents/${root}/heartbeat`, beat, { token });
  const call = await callers.invocation({
    service_id: service,
    source_session_id: root,
    idempotency_key: planted('invocation-key'),
    method: planted('method'),
    params: object('params'),
    metadata: object('invocation-metadata'),
  });
  const failure = { status: 'failed', error: object('error'), metadata: object('outcome') };
  await callers.move(call, 'start');
  await callers.move(call, 'complete', failure);
  await callers.move(call, 'cancel', { reason: planted('cancel') });
  const edge = {
    resource_id: planted('resource'),
    scopes: [planted('scope')],
    constraints: { resources: [planted('identifier')], broad_reason: planted('broad') },
  };
  const made = await callers.delegate(other, root, edge, { token });
  if (made.status !== 201) throw new Error(made.text);
  await callers.patchSession(other, 'suspend');
  await callers.patchSession(other, 'resume');
  await world.call('POST', `/zones/z1/agents/${root}/lease`, {}, { token });
  await world.call('DELETE', `/zones/z1/agents/${root}?reason=${planted('end')}`, undefined, { token });
  return [root, other, service, call, String(made.body['delegation_edge_id'])];
};

/** Everything that a socket has brought. */
class Heard {
  text = '';
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text) => {
      this.text += textOf(text);
    });
  }

  async until(word: string): Promise<string> {
    while (!this.text.includes(word)) await once(this.#socket, 'message');
    return this.text;
  }
}

describe('what is shown of actors', () => {
  let world: World;
  let elsewhere: WebSocketServer;
  before(async () => {
    elsewhere = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(elsewhere, 'listening');
  });
  after(() => elsewhere.close());
  afterEach(() => world.destroy());

  const openAll = async () => {
    const visiting = once(elsewhere, 'connection');
    const { port } = elsewhere.address() as { port: number };
    world = await World.create({ INSPECT_WS_URL: `ws://127.0.0.1:${port}` });
    const pushed = new Heard((await visiting)[0] as WebSocket);
    const authorization = `Bearer ${OPERATOR_TOKEN}`;
    const address = `${world.url.replace('http', 'ws')}/inspector/ws?zone=z1&events=true`;
    const socket = new WebSocket(address, { headers: { authorization } });
    const attached = new Heard(socket);
    await once(socket, 'open');
    const options = { token: OPERATOR_TOKEN, path: '/inspector/stream', query: '?zone=z1&events=true' };
    const stream = await EventReader.open(world.url, options);
    await stream.until((seen) => seen.some(({ topic }) => topic === 'coordinator.synced'));
    return { pushed, attached, stream };
  };

  it('holds nothing that callers sent and no secret, at any door, live or late', async () => {
    const { pushed, attached, stream } = await openAll();
    const ids = await live(world);
    // The last change is told last, wherever.
    const last = await world.session({ ttl_seconds: 60 });
    const seen = await stream.until((all) => all.some(({ data }) => data['actor'] === last));
    const texts = [JSON.stringify(seen), await attached.until(last), await pushed.until(last)];
    const options = { token: OPERATOR_TOKEN, path: '/inspector/stream', query: '?zone=z1' };
    const late = await EventReader.open(world.url, options);
    texts.push(JSON.stringify(await late.until((all) => all.some(({ topic }) => topic === 'coordinator.synced'))));
    for (const text of texts.slice(0, 3)) for (const id of ids) expect(text).to.contain(id);
    for (const text of texts) {
      expect(text.toLowerCase()).to.not.contain(WORD);
      expect(text).to.not.contain(OPERATOR_TOKEN);
      expect(text).to.not.contain(await world.token());
      expect(text).to.not.match(/eyJ[\w-]+\./);
    }
    late.close();
    stream.close();
  });

  it('holds bodies under no name, as they never enter a machine', async () => {
    await openAll();
    await live(world);
    const query = `?zone=z1&events=true&show=${SHOWABLE.join(',')}`;
    const all = await EventReader.open(world.url, { token: OPERATOR_TOKEN, path: '/inspector/stream', query });
    const service = await new Callers(world).service({
      capabilities: [planted('capability')],
      metadata: object('body'),
    });
    const text = JSON.stringify(await all.until((seen) => seen.some(({ data }) => data['actor'] === service)));
    expect(text).to.contain(planted('capability'));
    for (const what of ['body', 'metadata', 'service-metadata', 'params', 'error', 'outcome'])
      expect(text).to.not.contain(planted(what));
    all.close();
  });
});
