// Looking before acting: what a command would reach is said and lit, and only then it is sent.
import { expect } from 'chai';
import { Delegators } from '../http/delegators.ts';
import { inBrowser } from './browser.ts';

inBrowser('commands in the inspector', ({ world, watcher }) => {
  const edge = (source: string, target: string, hops: number, parent?: string) =>
    new Delegators(world()).edge(source, target, {
      constraints: { max_hops: hops },
      expires_at: expiresAt(world().clock.now()),
      ttl_seconds: undefined,
      ...(parent === undefined ? {} : { parent_edge_id: parent }),
    });

  it('previews a revocation with the affected part lit, and carries it out', async () => {
    const [root, middle, leaf, aside] = [
      await world().session({ parent_authority: 'none' }),
      await world().session({ parent_authority: 'none' }),
      await world().session({ parent_authority: 'none' }),
      await world().session({ parent_authority: 'none' }),
    ];
    const first = await edge(root, middle, 3);
    const second = await edge(middle, leaf, 1, first);
    const other = await edge(root, aside, 1);
    const person = await watcher();
    await person.show();
    await person.page.click(`#edges [data-id="${first}"]`);
    await person.sees('#chart [data-state="active"].lit');
    await person.page.click('[data-command="edge.revoke"]');
    await person.reads('#impact', 'reaches 2 sessions and 2 delegation edges');
    for (const id of [middle, leaf]) await person.sees(`#mosaic [data-id="${id}"].affected`);
    for (const id of [first, second]) await person.sees(`#graph [data-id="${id}"].affected`);
    expect(await person.page.locator(`#graph [data-id="${other}"].affected`).count()).to.equal(0);
    expect(await person.page.locator(`#mosaic [data-id="${root}"].affected`).count()).to.equal(0);
    await person.picture('preview');
    await person.page.click('#confirm');
    await person.reads('#result', 'Revoke: done');
    await person.sees('#chart [data-state="revoked.ended"].lit');
    for (const id of [middle, leaf]) await person.sees(`#mosaic [data-id="${id}"][data-status="terminated"]`);
    await person.sees(`#mosaic [data-id="${aside}"][data-status="active"]`);
  });

  it('does nothing when a preview is given up', async () => {
    const id = await world().session();
    const person = await watcher();
    await person.show();
    await person.choose(id);
    await person.page.click('[data-command="session.terminate"]');
    await person.reads('#impact', 'reaches 1 session');
    await person.page.keyboard.press('Escape');
    await person.page.locator('#preview').waitFor({ state: 'hidden' });
    expect(await person.page.locator('.affected').count()).to.equal(0);
    const { body } = await world().call('GET', `/zones/z1/agents/${id}`);
    expect(body['status']).to.equal('active');
    expect(await person.page.evaluate('document.activeElement?.dataset.command')).to.equal('session.terminate');
  });

  it('says how much is lit where not everything is', async () => {
    const root = await world().session();
    const start = () => world().session({ parent_id: root, parent_authority: 'none' });
    for (let made = 0; made < 1_000; made += 100) await Promise.all(Array.from({ length: 100 }, start));
    const person = await watcher();
    await person.show();
    await person.page.click(`#mosaic [data-id="${root}"]`);
    await person.page.click('[data-command="session.suspend"]');
    await person.reads('#impact', 'reaches 1,001 sessions, 1,000 of the sessions lit on the left');
    await world().call('DELETE', `/zones/z1/agents/${root}`);
  });

  it('sends a command once, however often it is clicked', async () => {
    const id = await world().session();
    const person = await watcher();
    await person.show();
    await person.choose(id);
    await person.page.click('[data-command="session.terminate"]');
    await person.page.dblclick('#confirm');
    await person.reads('#result', 'Terminate: done');
    expect(await person.page.textContent('#result')).to.equal('Terminate: done.');
  });

  it('says why where the coordinator refuses', async () => {
    const parent = await world().session();
    const child = await world().session({ parent_id: parent });
    await world().call('PATCH', `/zones/z1/agents/${child}/suspend`);
    await world().call('PATCH', `/zones/z1/agents/${parent}/suspend`);
    const person = await watcher();
    await person.show();
    await person.choose(parent);
    await person.page.click('[data-command="session.resume"]');
    await person.reads('#impact', 'reaches 1 session');
    await world().call('DELETE', `/zones/z1/agents/${parent}`);
    await person.page.click('#confirm');
    await person.reads('#result', /\w+/);
    expect(person.complaints.splice(0).join()).to.match(/40[49]/);
  });
});

const expiresAt = (now: number) => new Date(now + 3_600_000).toISOString();
