// The bridge to the hosted Stately Inspector. Its real address is answered by a stub, so that the page keeps its own policy and
// its own checks; what the stub reads with is the package's own receiver.
import { expect } from 'chai';
import { build } from 'esbuild';
import { inBrowser, type Watcher } from './browser.ts';

const HOSTED = 'https://stately.ai/**';

/** Says that it is there, as the inspector does whenever it has loaded, and keeps what it is sent. */
const STUB = `<!doctype html><title>stub</title><script>
  window.seen = [];
  addEventListener('message', ({ data }) => seen.push(data));
  (window.opener ?? window.parent).postMessage({ type: '@statelyai.connected' }, '*');
</script>`;

interface Seen {
  readonly type: string;
  readonly name?: string;
  readonly definition?: string;
  readonly event?: { readonly type: string };
}

inBrowser('the bridge to the Stately Inspector', ({ world, watcher }) => {
  const chosen = async (): Promise<[Watcher, string]> => {
    const id = await world().session();
    const person = await watcher();
    await person.show();
    await person.choose(id);
    return [person, id];
  };

  const seen = async (person: Watcher, place: 'popup' | 'frame'): Promise<Seen[]> => {
    const pages = person.page.context().pages();
    const target =
      place === 'popup' ? pages.at(-1) : person.page.frames().find((frame) => frame.url().includes('stately.ai'));
    return (await target?.evaluate<Seen[]>('window.seen')) ?? [];
  };

  const untilSeen = async (person: Watcher, place: 'popup' | 'frame', isThere: (all: readonly Seen[]) => boolean) => {
    for (;;) {
      const all = await seen(person, place);
      if (isThere(all)) return all;
      await person.page.evaluate('new Promise(requestAnimationFrame)');
    }
  };

  for (const [place, button] of [
    ['popup', '#stately'],
    ['frame', '#stately-here'],
  ] as const) {
    it(`shows a session and what happens to it in a ${place}`, async () => {
      const [person, id] = await chosen();
      await person.page.context().route(HOSTED, (route) => route.fulfill({ contentType: 'text/html', body: STUB }));
      await person.page.click(button);
      await person.reads('#stately-said', 'live');
      const first = await untilSeen(person, place, (all) => all.some(({ name }) => name?.includes(id)));
      const actor = first.find(({ type, name }) => type === '@xstate.actor' && name?.includes(id));
      expect(JSON.parse(actor?.definition ?? '{}')).to.include({ id: 'agent-session' });
      await world().call('PATCH', `/zones/z1/agents/${id}/suspend`);
      // The snapshot comes behind the event that led to it.
      const then = await untilSeen(person, place, (all) =>
        all.some(({ type, event }) => type === '@xstate.snapshot' && event?.type === 'suspended'),
      );
      expect(then.map(({ type }) => type)).to.include.members(['@xstate.event', '@xstate.snapshot']);
    });
  }

  it('shows it in the frame again where it is asked for twice', async () => {
    const [person, id] = await chosen();
    await person.page.context().route(HOSTED, (route) => route.fulfill({ contentType: 'text/html', body: STUB }));
    for (let time = 0; time < 2; time += 1) {
      await person.page.click('#stately-here');
      await person.reads('#stately-said', 'live');
      await untilSeen(person, 'frame', (all) => all.some(({ name }) => name?.includes(id)));
      expect(await person.page.locator('#stately-frame').isVisible()).to.equal(true);
    }
  });

  it('shows the session that an invocation is for, and nothing of what is for none', async () => {
    const service = await world().call('POST', '/zones/z1/agent-services', {
      application_id: 'app-a',
      endpoint_url: 'https://work.example',
    });
    const session = await world().session();
    const { body } = await world().call('POST', '/zones/z1/invocations', {
      service_id: service.body['id'],
      source_session_id: session,
      idempotency_key: 'k-stately',
      method: 'work',
    });
    const invocation = String(body['id']);
    const person = await watcher();
    await person.show();
    await person.page.context().route(HOSTED, (route) => route.fulfill({ contentType: 'text/html', body: STUB }));
    await person.page.click(`#invocations [data-id="${invocation}"]`);
    await person.page.click('#stately-here');
    await person.reads('#stately-said', 'live');
    for (const id of [session, invocation])
      await untilSeen(person, 'frame', (all) => all.some(({ name }) => name?.includes(id)));
    await person.page.click(`#services [data-id="${String(service.body['id'])}"]`);
    await person.page.locator('#stately').waitFor({ state: 'hidden' });
  });

  it('says so where the inspector does not answer', async () => {
    const [person] = await chosen();
    await person.page.context().route(HOSTED, (route) => route.abort('internetdisconnected'));
    await person.page.clock.install();
    await person.page.click('#stately-here');
    await person.reads('#stately-said', 'Waiting');
    await person.page.clock.fastForward(15_000);
    await person.reads('#stately-said', 'did not answer');
    person.complaints.length = 0;
  });

  it('hears nobody who only says that it is the inspector', async () => {
    const [person] = await chosen();
    await person.page
      .context()
      .route(HOSTED, (route) => route.fulfill({ contentType: 'text/html', body: '<title>mute</title>' }));
    await person.page.click('#stately-here');
    // Whoever is believed has a socket opened for it, in the same turn in which it is heard.
    await person.page.evaluate('window.WebSocket = class { constructor() { window.isBelieved = true; } }');
    await person.page.evaluate(`new Promise((heard) => {
      addEventListener('message', heard, { once: true });
      window.postMessage({ type: '@statelyai.connected' }, '*');
    }).then(() => {})`);
    expect(await person.page.evaluate('window.isBelieved')).to.equal(undefined);
    expect(await person.page.textContent('#stately-said')).to.contain('Waiting');
  });

  it('is read by the receiver of the package, actor by actor', async () => {
    const [person, id] = await chosen();
    const body = `<!doctype html><title>stub</title><script>${await receiver()}</script>`;
    await person.page.context().route(HOSTED, (route) => route.fulfill({ contentType: 'text/html', body }));
    await person.page.click('#stately-here');
    await untilSeen(person, 'frame', (all) =>
      all.some(({ type, name }) => type === '@xstate.actor' && name?.includes(id)),
    );
    await world().call('DELETE', `/zones/z1/agents/${id}`);
    await untilSeen(person, 'frame', (all) =>
      all.some(({ type, event }) => type === '@xstate.snapshot' && event?.type === 'terminated'),
    );
  });
});

/** A script that keeps what the package's own receiver hands on. */
const receiver = async (): Promise<string> => {
  const contents = `
    import { createBrowserReceiver } from '@statelyai/inspect';
    window.seen = [];
    createBrowserReceiver().subscribe((event) => seen.push(event));
  `;
  const bundled = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: 'browser',
    logLevel: 'silent',
  });
  return bundled.outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
};
