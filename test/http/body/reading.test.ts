// The decoding of a body: each byte as it was sent, strict UTF-8, and only for methods with a body.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { World } from '../../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('the bytes of a body', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const send = async (method: string, path: string, body: Uint8Array<ArrayBuffer>) => {
    const headers = { authorization: `Bearer ${await world.token()}`, 'content-type': 'application/json' };
    const response = await fetch(`${world.url}${path}`, { method, headers, body });
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
  };
  /** The answer to a request that ends its connection, which the client does not end before. */
  const exchange = (request: string): Promise<string> => {
    const { hostname, port } = new URL(world.url);
    const socket = connect(Number(port), hostname);
    socket.write(request, 'latin1');
    return text(socket);
  };
  const withMetadata = (text: string) =>
    new TextEncoder().encode(`{"application_id":"app-a","metadata":{"t":${text}}}`);

  it('are the characters that UTF-8 says, from every plane', async () => {
    const text = 'a\u007f\u0080\u009f\u00ff\u0100\u20ac\ufeff\ufffd\u{1f600}\u{10ffff}';
    const { status, body } = await send('POST', AGENTS, withMetadata(JSON.stringify(text)));
    expect([status, body['metadata']]).to.deep.equal([201, { t: text }]);
  });

  for (const [what, bytes] of [
    ['a byte that begins nothing', [0xff]],
    ['a sequence that breaks off', [0xe2, 0x82]],
    ['an overlong sequence', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ] as const) {
    it(`are refused with ${what}`, async () => {
      const body = withMetadata('"@@@"');
      body.set(bytes, body.indexOf(0x40));
      expect((await send('POST', AGENTS, body)).body['error']).to.equal('invalid_json');
    });
  }

  it('are taken in chunks that split a character', async () => {
    const json = Buffer.from('{"application_id":"app-a","metadata":{"t":"\u20ac"}}');
    const at = json.indexOf(0xe2) + 1;
    const head = `POST ${AGENTS} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${await world.token()}\r\n`;
    const chunk = (bytes: Buffer) => `${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n`;
    const chunks = `${chunk(json.subarray(0, at))}${chunk(json.subarray(at))}0\r\n\r\n`;
    const request = `${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`;
    const answer = await exchange(request);
    expect(answer)
      .to.match(/^HTTP\/1\.1 201 /)
      .and.contain('"t":"\u20ac"');
  });

  it('count as {} if chunks without a content type are empty, and are refused if they are not', async () => {
    const id = await world.session();
    const head = (path: string) =>
      `DELETE ${AGENTS}/${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\n`;
    const token = await world.token();
    const chunked = 'transfer-encoding: chunked\r\n\r\n';
    expect(await exchange(`${head(id)}${chunked}2\r\n{}\r\n0\r\n\r\n`)).to.match(/^HTTP\/1\.1 415 /);
    expect(await exchange(`${head(id)}${chunked}0\r\n\r\n`)).to.match(/^HTTP\/1\.1 204 /);
  });

  it('are ignored if the method gives a body no meaning', async () => {
    const id = await world.session();
    const head = `GET ${AGENTS}/${id} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${await world.token()}\r\n`;
    const answer = await exchange(`${head}content-type: application/json\r\ncontent-length: 5\r\n\r\n{nope`);
    expect(answer).to.match(/^HTTP\/1\.1 200 /);
  });
});
