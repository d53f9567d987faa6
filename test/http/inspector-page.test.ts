// The page at `/inspector`: everything it names is served from here as what it is, and its policy allows nothing else.
import { expect } from 'chai';
import { readdir } from 'node:fs/promises';
import { World } from '../world/world.ts';

const FOLDER = new URL('../../inspector/', import.meta.url);

describe('the page of the inspector', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const get = (path: string) => world.call('GET', path, undefined, { token: null });

  it('is open to anybody, and allows scripts, styles and questions of this process only', async () => {
    const { status, headers, text } = await get('/inspector');
    expect([status, headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
      expect(policy.split('; ')).to.include(part);
    expect(policy)
      .to.contain('frame-src https://stately.ai;')
      .and.not.match(/unsafe|\*/);
    expect(headers.get('cross-origin-opener-policy')).to.equal('same-origin-allow-popups');
    expect(text).to.not.match(/<style|style=|<script(?![^>]* src=)| on[a-z]+=/);
  });

  it('serves every module that is written for it, and what those import', async () => {
    const written = (await readdir(FOLDER)).filter((name) => name.endsWith('.js'));
    for (const name of [...written, 'dagre.js']) {
      const { status, headers, text } = await get(`/inspector/files/${name}`);
      expect([name, status, headers.get('content-type')]).to.deep.equal([name, 200, 'text/javascript; charset=utf-8']);
      for (const [, imported = ''] of text.matchAll(/^import .* from '\.\/([^']+)'/gm))
        expect([...written, 'dagre.js'], `${name} imports ${imported}`).to.include(imported);
    }
  });

  for (const [file, type] of [
    ['style.css', 'text/css; charset=utf-8'],
    ['chart.css', 'text/css; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
    ['agent-session.svg', 'image/svg+xml'],
    ['machines.json', 'application/json; charset=utf-8'],
  ] as const) {
    it(`serves ${file}, and not again to whoever has it`, async () => {
      const { status, headers } = await get(`/inspector/files/${file}`);
      expect([status, headers.get('content-type')]).to.deep.equal([200, type]);
      const again = await world.call('GET', `/inspector/files/${file}`, undefined, {
        token: null,
        headers: { 'if-none-match': String(headers.get('etag')), 'cache-control': 'max-age=0' },
      });
      expect(again.status).to.equal(304);
    });
  }

  it('knows of each machine which commands lead from where, and who may send them', async () => {
    const { body } = await get('/inspector/files/machines.json');
    const { session } = body as { session: { transitions: object[]; commands: { command: string; who: string[] }[] } };
    expect(session.transitions).to.deep.include({ from: 'suspended.own', event: 'resumed', guard: null });
    const suspend = session.commands.find(({ command }) => command === 'session.suspend');
    expect(suspend?.who).to.deep.equal(['the application itself', 'coordinator.admin', 'coordinator.spawn_for:{app}']);
  });

  it('opens the hosted inspector that the configuration names', async () => {
    const other = await World.create({ STATELY_INSPECTOR_URL: 'http://127.0.0.1:8999/viz' });
    try {
      const { headers, text } = await other.call('GET', '/inspector', undefined, { token: null });
      expect(headers.get('content-security-policy')).to.contain('frame-src http://127.0.0.1:8999;');
      expect(text).to.contain('content="http://127.0.0.1:8999/viz"');
    } finally {
      await other.destroy();
    }
  });

  for (const file of ['tsconfig.json', 'index.html', 'dagre.d.ts', '__proto__', '..%2fpackage.json']) {
    it(`does not serve ${file}`, async () => {
      expect((await get(`/inspector/files/${file}`)).body['error']).to.equal('not_found');
    });
  }
});
