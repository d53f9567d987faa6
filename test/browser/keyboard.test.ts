// The page without a mouse and without sight: everything by keys, and nothing that axe finds wrong.
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { Delegators } from '../http/delegators.ts';
import { inBrowser, type Watcher } from './browser.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

const violations = async ({ page }: Watcher): Promise<string[]> => {
  // The page's own policy forbids foreign scripts; what a test brings is evaluated and not loaded.
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(AXE, 'utf8'));
  const found = await page.evaluate<Violation[]>('axe.run(document).then(({ violations }) => violations)');
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
};

inBrowser('the inspector by keyboard', ({ world, watcher }) => {
  const at = (person: Watcher) =>
    person.page.evaluate("document.getElementById('tree').getAttribute('aria-activedescendant')");

  const edge = (source: string, target: string) => new Delegators(world()).edge(source, target);

  it('goes through the tree with arrows, closes and opens a branch, and chooses', async () => {
    const root = await world().session();
    const child = await world().session({ parent_id: root });
    const second = await world().session();
    const person = await watcher();
    await person.show();
    await person.sees(`#tree [data-id="${second}"]`);
    await person.page.locator('#tree').focus();
    const keys = (...names: string[]) =>
      names.reduce((before, name) => before.then(() => person.page.keyboard.press(name)), Promise.resolve());
    await keys('Home');
    expect(await at(person)).to.equal(`row-${root}`);
    await keys('ArrowDown');
    expect(await at(person)).to.equal(`row-${child}`);
    await keys('ArrowLeft');
    expect(await at(person)).to.equal(`row-${root}`);
    await keys('ArrowLeft');
    expect(await person.page.getAttribute(`#row-${root}`, 'aria-expanded')).to.equal('false');
    await keys('ArrowDown');
    expect(await at(person)).to.equal(`row-${second}`);
    await keys('ArrowUp', 'ArrowRight', 'ArrowRight');
    expect(await at(person)).to.equal(`row-${child}`);
    expect(await person.page.getAttribute(`#row-${child}`, 'aria-level')).to.equal('2');
    await keys('Enter');
    await person.reads('#actor-title', child);
    await keys('End');
    expect(await at(person)).to.equal(`row-${second}`);
  });

  it('suspends a session without a mouse', async () => {
    const id = await world().session();
    const person = await watcher();
    await person.page.goto(`${world().url}/inspector`);
    await person.page.keyboard.type('operator-token-of-the-tests');
    await person.page.keyboard.press('Enter');
    await person.page.locator('#zone-list').waitFor();
    await person.page.locator('[data-zone="z1"]').focus();
    await person.page.keyboard.press('Enter');
    await person.sees(`#tree [data-id="${id}"]`);
    await person.page.locator('#tree').focus();
    await person.page.keyboard.press('End');
    await person.page.keyboard.press('Enter');
    await person.sees('[data-command="session.suspend"]');
    const command = () => person.page.evaluate('document.activeElement?.dataset.command ?? ""');
    for (let tabs = 0; tabs < 40 && (await command()) !== 'session.suspend'; tabs += 1)
      await person.page.keyboard.press('Tab');
    await person.page.keyboard.press('Enter');
    await person.reads('#impact', 'reaches 1 session');
    await person.page.keyboard.press('Enter');
    await person.sees(`#tree [data-id="${id}"][data-status="suspended"]`);
    expect(await person.page.evaluate('document.activeElement?.id')).to.equal('actor-title');
  });

  it('goes to the sessions by the link before everything else, and stays in its zone', async () => {
    const id = await world().session();
    const person = await watcher();
    await person.show();
    await person.sees(`#tree [data-id="${id}"]`);
    await person.page.locator('#skip').focus();
    await person.page.keyboard.press('Enter');
    expect(await person.page.evaluate('document.activeElement?.id')).to.equal('tree');
    expect(new URL(person.page.url()).hash).to.equal('#z1');
  });

  it('sends nothing while the key that opened a preview is still held', async () => {
    const id = await world().session();
    const person = await watcher();
    await person.show();
    await person.choose(id);
    await person.page.locator('[data-command="session.terminate"]').focus();
    // Further presses without a release are what a held key sends.
    await person.page.keyboard.down('Enter');
    await person.reads('#impact', 'reaches 1 session');
    for (let held = 0; held < 5; held += 1) await person.page.keyboard.down('Enter');
    await person.page.keyboard.up('Enter');
    expect(await person.page.locator('#confirm').isVisible()).to.equal(true);
    expect((await world().call('GET', `/zones/z1/agents/${id}`)).body['status']).to.equal('active');
    expect(await person.page.getAttribute('#confirm', 'aria-describedby')).to.equal('impact');
    await person.page.keyboard.press('Enter');
    await person.sees(`#tree [data-id="${id}"][data-status="terminated"]`);
  });

  it('keeps the focus on an edge of the list while others come', async () => {
    const [from, to] = [
      await world().session({ parent_authority: 'none' }),
      await world().session({ parent_authority: 'none' }),
    ];
    const first = await edge(from, to);
    const person = await watcher();
    await person.show();
    await person.page.locator(`#edges [data-id="${first}"]`).focus();
    const second = await edge(from, await world().session({ parent_authority: 'none' }));
    await person.sees(`#edges [data-id="${second}"]`);
    expect(await person.page.evaluate('document.activeElement?.dataset.id')).to.equal(first);
  });

  it('reads out how the line is, and not each second since something was heard', async () => {
    const person = await watcher();
    await person.show();
    await person.reads('#line-age', 'last heard');
    expect(await person.page.textContent('[role="status"]#line-said')).to.equal('Live');
    expect(await person.page.locator('[role="status"] #line-age, [aria-live] #line-age').count()).to.equal(0);
  });

  for (const look of ['light', 'dark'] as const) {
    it(`has nothing that axe finds wrong, ${look}`, async () => {
      const person = await watcher(look);
      await person.page.goto(`${world().url}/inspector`);
      expect(await violations(person)).to.deep.equal([]);
      const id = await world().session();
      await person.show();
      await person.choose(id);
      await person.sees('#chart .lit');
      await person.page.click('[data-command="session.suspend"]');
      await person.reads('#impact', 'reaches');
      expect(await violations(person)).to.deep.equal([]);
      if (look === 'dark') await person.picture('dark');
    });
  }
});
