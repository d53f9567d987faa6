// What happens in a zone shows on the page as it happens: in the mosaic, in the tree, in the chart of the chosen actor.
import { expect } from 'chai';
import { SHOWN_WITHIN_MS, inBrowser, type Watcher } from './browser.ts';

inBrowser('a zone in the inspector', ({ world, watcher }) => {
  const suspend = (id: string) => world().call('PATCH', `/zones/z1/agents/${id}/suspend`);

  it('shows a session when it is started, and its suspension in colour, form and chart', async () => {
    const person = await watcher();
    await person.show();
    const parent = await world().session();
    const child = await world().session({ parent_id: parent });
    await person.sees(`#mosaic [data-id="${child}"][data-status="active"]`);
    await person.choose(child);
    await person.sees('#chart [data-state="active"].lit');
    const before = await lookOf(person, child);
    await suspend(parent);
    await person.sees(`#mosaic [data-id="${child}"][data-status="suspended"]`);
    await person.sees(`#tree [data-id="${child}"][data-status="suspended"]`);
    await person.sees('#chart [data-state="suspended.inherited"].lit');
    await person.sees('#chart [data-edge="active:ancestor.suspended:suspended.inherited"].taken');
    expect(await lookOf(person, child)).to.not.equal(before);
    await person.reads('#actor-state', 'suspended.inherited');
  });

  it('names the commands that the state takes, and who may send them', async () => {
    const person = await watcher();
    await person.show();
    const id = await world().session();
    await person.choose(id);
    await person.reads('#commands li', /Suspend….*by the operator, the application itself, coordinator\.admin/);
    await person.reads('#commands li', 'Terminate…');
    expect(await person.page.locator('#commands [data-command="session.resume"]').count()).to.equal(0);
    await suspend(id);
    await person.sees('#commands [data-command="session.resume"]');
    expect(await person.page.locator('#commands [data-command="session.suspend"]').count()).to.equal(0);
  });

  it('goes back along the history, where nothing can be sent, and follows again', async () => {
    const person = await watcher();
    await person.show();
    const id = await world().session();
    await suspend(id);
    await world().call('PATCH', `/zones/z1/agents/${id}/resume`);
    await person.choose(id);
    await person.reads('#path li', 'session.resumed');
    expect(await person.page.locator('#path li').allInnerTexts()).to.have.length(3);
    await person.page.locator('#scrub').focus();
    await person.page.keyboard.press('ArrowLeft');
    await person.sees('#chart [data-state="suspended.own"].lit');
    await person.reads('#commands', 'This is the past');
    await person.picture('history');
    await person.page.keyboard.press('Home');
    await person.reads('#scrub-said', /^Entry \d+: session.started, then active$/);
    await person.page.click('#follow');
    await person.reads('#scrub-said', 'Following');
    await suspend(id);
    await person.sees('#chart [data-state="suspended.own"].lit');
    await person.reads('#path li.at', 'suspended');
  });

  it('lets an ended session be looked at for a while', async () => {
    const person = await watcher();
    await person.show();
    const id = await world().session();
    await person.choose(id);
    await world().call('DELETE', `/zones/z1/agents/${id}`);
    await person.sees(`#tree [data-id="${id}"][data-status="terminated"]`);
    await person.sees('#chart [data-state="terminated.ended"].lit');
    await person.reads('#commands', 'takes no commands');
  });

  it('comes back by itself after the server was gone, and shows what is true then', async () => {
    const person = await watcher();
    await person.show();
    const id = await world().session();
    await person.sees(`#mosaic [data-id="${id}"]`);
    const { port } = new URL(world().url);
    await world().stop();
    await person.sees('[data-line="lost"]');
    await world().start({ PORT: port });
    await person.sees('[data-line="live"]');
    const later = await world().session();
    await person.sees(`#mosaic [data-id="${later}"]`);
    await person.sees(`#mosaic [data-id="${id}"][data-status="active"]`);
    // While nobody was there, the browser may have had to say so.
    person.complaints.length = 0;
  });

  it('shows services and invocations', async () => {
    const person = await watcher();
    await person.show();
    const service = await world().call('POST', '/zones/z1/agent-services', {
      application_id: 'app-a',
      endpoint_url: 'https://work.example',
    });
    const serviceId = String(service.body['id'] ?? service.body['service_id']);
    const call = { service_id: serviceId, idempotency_key: 'k-1', method: 'work' };
    const invocation = await world().call('POST', '/zones/z1/invocations', call);
    const id = String(invocation.body['id'] ?? invocation.body['invocation_id']);
    await person.sees(`#services [data-id="${serviceId}"]`);
    await person.page.click(`#invocations [data-id="${id}"]`);
    await person.sees('#chart [data-state="pending.queued"].lit');
    await world().call('PATCH', `/zones/z1/invocations/${id}/start`);
    await person.sees('#chart [data-state="running.executing"].lit');
    await person.reads('#path li.at', 'started');
  });

  it('marks the one transition that was taken where an event leads to several states', async () => {
    const service = await world().call('POST', '/zones/z1/agent-services', {
      application_id: 'app-a',
      endpoint_url: 'https://fails.example',
    });
    const call = { service_id: service.body['id'], idempotency_key: 'k-fails', method: 'work' };
    const { body } = await world().call('POST', '/zones/z1/invocations', call);
    const id = String(body['id']);
    await world().call('PATCH', `/zones/z1/invocations/${id}/start`);
    await world().call('PATCH', `/zones/z1/invocations/${id}/complete`, { status: 'failed' });
    const person = await watcher();
    await person.show();
    await person.page.click(`#invocations [data-id="${id}"]`);
    await person.sees('#chart [data-edge="running.executing:failed:pending.retrying"].taken');
    expect(await person.page.locator('#chart .taken').count()).to.equal(1);
  });

  it('shows the zone itself, the actor that all others stand under', async () => {
    const person = await watcher();
    await person.show();
    await person.page.click('#zone-itself');
    await person.reads('#actor-title', 'Zone z1');
    await person.sees('#chart [data-state="serving"].lit');
    expect(await person.page.locator('#scrub').isVisible()).to.equal(false);
    expect(await person.page.locator('#stately').isVisible()).to.equal(false);
  });

  it('takes a session for active no longer that ended while the page was away', async () => {
    const person = await watcher();
    await person.show();
    const id = await world().session();
    await person.choose(id);
    await person.sees('[data-command="session.suspend"]');
    const { port } = new URL(world().url);
    await world().stop();
    await person.sees('[data-line="lost"]');
    await person.page.route('**/inspector/stream*', (route) => route.abort());
    await world().start({ PORT: port });
    await world().call('DELETE', `/zones/z1/agents/${id}`);
    await person.page.unroute('**/inspector/stream*');
    await person.sees('[data-line="live"]');
    await person.reads('#actor-state', 'no longer in sight');
    await person.sees('#chart [data-state="terminated.ended"].lit');
    await person.reads('#path li.at', 'session.terminated');
    expect(await person.page.locator('[data-command]').count()).to.equal(0);
    person.complaints.length = 0;
  });

  it('does not say that there is nobody in a zone that cannot be shown', async () => {
    const person = await watcher();
    const told = { zone: 'broken', boot: 'b', state: 'faulted', reason: 'joined' };
    await person.page.route('**/inspector/stream*', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `event: coordinator.zone\ndata: ${JSON.stringify(told)}\n\n`,
      }),
    );
    await person.signIn();
    await person.page.fill('#zone', 'broken');
    await person.page.press('#zone', 'Enter');
    for (const said of ['#mosaic-said', '#graph-said', '#services-said'])
      await person.reads(said, 'Not shown while the zone is faulted');
  });

  it('comes back by itself after too many looked', async () => {
    const person = await watcher();
    let refused = 0;
    await person.page.route('**/inspector/stream*', (route) => {
      refused += 1;
      const body = { error: 'inspector_viewer_limit_exceeded', error_description: 'As many look as may.' };
      return refused > 1 ? route.continue() : route.fulfill({ status: 429, json: body });
    });
    await person.show();
    expect(refused).to.equal(2);
    person.complaints.length = 0;
  });

  it('says what a long way leaves out, and takes no old entry for the present', async () => {
    const id = await world().session();
    const person = await watcher();
    const step = { at: '2026-01-01T00:00:00.000Z', entry: 'session.heard', event: 'heard', by: null };
    const steps = [901, 902].map((seq) => ({ ...step, seq, from: 'suspended.own', state: 'suspended.own' }));
    await person.page.route('**/inspector/path*', (route) =>
      route.fulfill({ json: { steps, complete: false, reaches_now: false } }),
    );
    await person.show();
    await person.choose(id);
    await person.reads('#path-said', 'Earlier entries are left out. Later entries are left out');
    await person.reads('#scrub-said', 'Now. Following.');
    await person.sees('#chart [data-state="active"].lit');
    expect(await person.page.locator('#chart .taken').count()).to.equal(0);
    await person.page.locator('#scrub').focus();
    await person.page.keyboard.press('ArrowLeft');
    await person.reads('#scrub-said', 'Entry 902');
    await person.sees('#chart [data-state="suspended.own"].lit');
    await person.page.keyboard.press('ArrowRight');
    await person.reads('#scrub-said', 'Now. Following.');
  });

  it('draws the edge that is chosen, however many stand on the same session', async () => {
    const source = await world().session({ parent_authority: 'none' });
    const edges: string[] = [];
    for (let made = 0; made < 160; made += 1) {
      const { body } = await world().call('POST', '/zones/z1/delegations', {
        source_session_id: source,
        target_session_id: await world().session({ parent_authority: 'none' }),
        issuer_application_id: 'app-a',
        receiver_application_id: 'app-a',
        scopes: ['read'],
        constraints: { resources: ['https://mail.example'] },
        ttl_seconds: 3_600,
      });
      edges.push(String(body['delegation_edge_id']));
    }
    const person = await watcher();
    await person.show();
    await person.reads('#graph-said', '160 delegation edges, 150 of them shown, the newest');
    await person.page.click(`#edges [data-id="${edges.at(-1)}"]`);
    await person.reads('#graph-said', 'nearest to what is chosen');
    await person.sees(`#graph [data-id="${edges.at(-1)}"].chosen`);
    await person.sees(`#edges [data-id="${edges[0]}"]`);
    expect(await person.page.locator(`#graph [data-id="${edges.at(-1)}"].chosen`).count()).to.equal(1);
  });

  it('fits a narrow window, whatever applications are called', async () => {
    const app = 'an-application-with-a-long-name-'.repeat(7);
    const id = await world().session({ application_id: app }, { token: await world().token({ app }) });
    const person = await watcher();
    await person.page.setViewportSize({ width: 360, height: 740 });
    await person.show();
    await person.page.click(`#mosaic [data-id="${id}"]`);
    await person.reads('#commands', 'an-application');
    expect(await person.page.evaluate('document.documentElement.scrollWidth')).to.equal(360);
  });

  it('lets a row be clicked wherever the tree was scrolled to', async () => {
    for (let made = 0; made < 100; made += 1) await world().session();
    const person = await watcher();
    await person.show();
    await person.sees('#mosaic > :nth-child(100)');
    const box = await person.page.locator('#tree').boundingBox();
    if (!box) throw new Error('there is no tree');
    await person.page.mouse.move(box.x + 100, box.y + 200);
    await person.page.mouse.wheel(0, 1_500);
    // The page's policy forbids what Playwright waits with.
    while (!(await isScrolled(person))) await person.page.evaluate('new Promise(requestAnimationFrame)');
    await person.page.mouse.click(box.x + 100, box.y + 200);
    await person.reads('#actor-title', 'Session');
    expect(await isScrolled(person)).to.equal(true);
  });

  it('has 5,000 sessions on the screen within two seconds', async () => {
    const { session, token } = { session: world(), token: await world().token({ zone: 'many' }) };
    const start = () => session.call('POST', '/zones/many/agents', { application_id: 'app-a' }, { token });
    for (let made = 0; made < 5_000; made += 100) await Promise.all(Array.from({ length: 100 }, start));
    const person = await watcher();
    await person.signIn();
    await person.page.locator('#zone-list').waitFor();
    const startedAt = performance.now();
    await person.page.fill('#zone', 'many');
    await person.page.press('#zone', 'Enter');
    await person.page.waitForSelector('#mosaic > .good:nth-child(5000)', { timeout: SHOWN_WITHIN_MS });
    const tookMs = performance.now() - startedAt;
    process.stdout.write(`      5,000 sessions on the screen after ${tookMs.toFixed(0)} ms\n`);
    expect(tookMs).to.be.below(2_000);
    await person.picture('many');
  });
});

/** How a cell looks, as the browser has computed it. It is read in the page, which this project's types know nothing of. */
const lookOf = ({ page }: Watcher, id: string) =>
  page.evaluate(
    `(({ backgroundColor, backgroundImage }) => backgroundColor + backgroundImage)(getComputedStyle(document.querySelector('#mosaic [data-id="${id}"]')))`,
  );

const isScrolled = ({ page }: Watcher) => page.evaluate<boolean>("document.getElementById('tree').scrollTop > 1000");
