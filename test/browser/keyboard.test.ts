// The page without a mouse and without sight: everything by keys, and nothing that axe finds wrong.
import { createRequire } from 'node:module';
import { expect } from 'chai';
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
