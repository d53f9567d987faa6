// Verifications and stops beside as many half-sent ones as would fill every place in flight: they are answered, and the half-sent
// ones end in a bounded time and in a bounded number of bytes.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { URGENT_BODIES_BYTES_MAX, URGENT_BODY_MS_MAX } from '../../src/http/limits.ts';
import { CALLER_IN_FLIGHT_MAX } from '../../src/http/admission/limits.ts';
import { World } from '../world/world.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;

describe('half-sent bodies', () => {
  let world: World;
  let token = '';
  const sockets: Socket[] = [];
  beforeEach(async () => {
    world = await World.create({ COORDINATOR_BODY_LIMIT_BYTES: String(BODY_LIMIT_BYTES) });
    token = await world.token();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    return world.destroy();
  });

  /** Sends headers, and the first byte of the body once the server begins to read that. */
  const halfSent = async (method: string, path: string, length = 20): Promise<{ answer: Promise<string> }> => {
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    const headers = `host: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    socket.write(`${method} ${path} HTTP/1.1\r\n${headers}expect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`);
    expect(String(await once(socket, 'data'))).to.equal('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('{');
    return { answer: text(socket) };
  };
  const many = (count: number, method: string, path: string, length?: number) =>
    Promise.all(Array.from({ length: count }, () => halfSent(method, path, length)));
  const errorIn = (answer: string) => [answer.slice(9, 12), JSON.parse(answer.split('\r\n\r\n')[1] ?? '{}').error];

  it('hold up no verification, and are refused after a few seconds', async () => {
    const half = await many(CALLER_IN_FLIGHT_MAX, 'POST', '/v1/verify');
    const { status } = await world.call('POST', '/v1/verify', { token }, { token: null });
    expect(status).to.equal(200);
    world.clock.advance(URGENT_BODY_MS_MAX);
    for (const { answer } of half) {
      expect(errorIn(await answer)).to.deep.equal(['408', 'request_timeout']);
      expect(await answer)
        .to.match(/^connection: close\r$/im)
        .and.to.contain('"valid":false');
    }
  });

  it('hold up no stop of the same application', async () => {
    const id = await world.session();
    const path = `/zones/z1/agents/${id}/suspend`;
    await many(CALLER_IN_FLIGHT_MAX, 'PATCH', path);
    expect((await world.call('PATCH', path, {}, { token })).status).to.equal(200);
  });

  it('have a bounded number of bytes: one more gives the oldest up', async () => {
    const path = `/zones/z1/agents/${await world.session()}/suspend`;
    const [oldest] = await many(1, 'PATCH', path, BODY_LIMIT_BYTES);
    await many(URGENT_BODIES_BYTES_MAX / BODY_LIMIT_BYTES, 'PATCH', path, BODY_LIMIT_BYTES);
    expect(errorIn((await oldest?.answer) ?? '')).to.deep.equal(['408', 'request_timeout']);
  });
});
