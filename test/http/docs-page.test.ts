// The page at `/docs`: everything it names is served from here, with the right type, and it may fetch nothing from elsewhere.
import { expect } from 'chai';
import { World } from '../world/world.ts';

describe('the page of the API', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const get = (path: string) => world.call('GET', path, undefined, { token: null });
  const addressesIn = (html: string) =>
    Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), ([, address = '']) => address);

  it('is open to anybody, and allows scripts and styles of this process only', async () => {
    const { status, headers, text } = await get('/docs');
    expect([status, headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).to.contain("default-src 'none'").and.to.contain("script-src 'self';");
    expect(policy).to.not.match(/unsafe|https?:|\*/);
    expect(text).to.not.match(/https?:|<style|style=|<script(?![^>]* src=)| on[a-z]+=/);
  });

  it('names files that are served as what they are, for good', async () => {
    const { text } = await get('/docs');
    const addresses = addressesIn(text);
    const types: Record<string, string | null> = {};
    for (const address of addresses) {
      const { pathname, search } = new URL(address, `${world.url}/docs`);
      const { status, headers } = await get(pathname + search);
      expect(status, address).to.equal(200);
      expect(headers.get('cache-control')).to.equal('public, max-age=31536000, immutable');
      expect(headers.get('x-content-type-options')).to.equal('nosniff');
      types[pathname] = headers.get('content-type');
    }
    expect(types).to.deep.equal({
      '/docs/swagger-ui.css': 'text/css; charset=utf-8',
      '/docs/favicon-32x32.png': 'image/png',
      '/docs/swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
      '/docs/initializer.js': 'text/javascript; charset=utf-8',
    });
  });

  it('asks again for a file whose address does not name its bytes, and is told when they are the same', async () => {
    const { headers } = await get('/docs/initializer.js?v=other');
    expect(headers.get('cache-control')).to.equal('no-cache');
    const head = `GET /docs/initializer.js HTTP/1.1\r\nhost: x\r\nconnection: close\r\nif-none-match: `;
    expect(await world.raw(`${head}${headers.get('etag')}\r\n\r\n`)).to.match(/^HTTP\/1\.1 304 /);
    expect(await world.raw(`${head}"other"\r\n\r\n`)).to.match(/^HTTP\/1\.1 200 /);
  });

  it('shows the document of this process, and asks no validator elsewhere', async () => {
    const { text } = await get('/docs/initializer.js');
    expect(text).to.contain("url: 'openapi.json'").and.to.contain('validatorUrl: null');
    expect(text).to.not.match(/https?:/);
  });

  for (const file of ['index.js', 'package.json', 'swagger-ui-bundle.js.map', '__proto__', '..%2fpackage.json']) {
    it(`does not serve ${file}`, async () => {
      const { status, body } = await get(`/docs/${file}`);
      expect([status, body['error']]).to.deep.equal([404, 'not_found']);
    });
  }
});
