// Who gets in, and what stays outside: the page itself is open, what it shows is the operator's.
import { expect } from 'chai';
import { OPERATOR_TOKEN } from '../world/world.ts';
import { inBrowser } from './browser.ts';

inBrowser('signing in to the inspector', ({ world, watcher }) => {
  it('refuses a wrong token, says so, and lets the right one in afterwards', async () => {
    const person = await watcher();
    await person.signIn('guessed');
    await person.reads('#sign-in-said', 'not the operator token');
    expect(await person.page.isVisible('#board')).to.equal(false);
    // The browser's own log names the refusal too.
    expect(person.complaints.splice(0).join()).to.contain('401');
    await person.page.fill('#token', await world().token());
    await person.page.press('#token', 'Enter');
    await person.reads('#sign-in-said', 'not the operator token');
    expect(person.complaints.splice(0).join()).to.contain('403');
    await person.page.fill('#token', OPERATOR_TOKEN);
    await person.page.press('#token', 'Enter');
    await person.page.locator('#zone-list').waitFor();
    expect(await person.page.isVisible('#sign-in')).to.equal(false);
  });

  it('lists the zones with what lives there, and opens one', async () => {
    await world().session();
    const person = await watcher();
    await person.signIn();
    await person.reads('[data-zone="z1"]', '1 session');
    await person.page.click('[data-zone="z1"]');
    await person.reads('#mosaic-said', /1 session: 1 active/);
  });

  it('stays signed in over a reload, and not after signing out', async () => {
    const person = await watcher();
    await person.show();
    await person.page.reload();
    await person.page.waitForSelector('[data-line="live"]');
    await person.page.click('#sign-out');
    await person.page.locator('#sign-in').waitFor();
    expect(await person.page.evaluate('sessionStorage.length')).to.equal(0);
  });

  it('keeps the list of zones as it is under the focus, and says when it is not fresh', async () => {
    await world().session();
    const person = await watcher();
    await person.show();
    await person.page.goBack();
    await person.page.locator('[data-zone="z1"]').focus();
    const { port } = new URL(world().url);
    await world().stop();
    await person.reads('#line-said', 'Not live');
    await world().start({ PORT: port });
    const token = await world().token({ zone: 'z2' });
    await world().call('POST', '/zones/z2/agents', { application_id: 'app-a' }, { token });
    await person.sees('[data-zone="z2"]');
    await person.reads('#line-said', 'Signed in');
    expect(await person.page.evaluate('document.activeElement?.dataset.zone')).to.equal('z1');
    person.complaints.length = 0;
  });

  it('takes the token for good until the coordinator says otherwise', async () => {
    const person = await watcher();
    await person.signIn();
    await person.page.locator('#zone-list').waitFor();
    await person.page.route('**/inspector/zones', (route) => route.abort());
    await person.page.reload();
    await person.reads('#sign-in-said', 'did not work');
    await person.page.unroute('**/inspector/zones');
    await person.page.goto(`${world().url}/inspector#%`);
    await person.page.reload();
    await person.page.locator('#zone-list').waitFor();
    person.complaints.length = 0;
  });

  it('asks nobody but the coordinator for anything', async () => {
    const person = await watcher();
    const asked: string[] = [];
    person.page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await person.show();
    await person.choose(await world().session());
    await person.sees('#chart .lit');
    expect(new Set(asked)).to.deep.equal(new Set([world().url]));
  });
});
