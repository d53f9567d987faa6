// A real Chromium, without a window, and the inspector's page in it. Where there is none, the tests say so and are skipped.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** It calls nobody by itself: whatever is asked for elsewhere is a mistake of the page. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long the page may take to show what has happened, milliseconds. */
export const SHOWN_WITHIN_MS = 10_000;

const SIZE = { width: 1500, height: 1000 };

/** What a test of the page has at hand. */
export class Watcher {
  readonly world: World;
  readonly page: Page;
  /** What the browser complained of: nothing, where all is well. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;

  private constructor(world: World, context: BrowserContext, page: Page) {
    this.world = world;
    this.#context = context;
    this.page = page;
    page.setDefaultTimeout(SHOWN_WITHIN_MS);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  static async open(world: World, browser: Browser, look: 'light' | 'dark' = 'light'): Promise<Watcher> {
    const context = await browser.newContext({ viewport: SIZE, colorScheme: look, reducedMotion: 'reduce' });
    return new Watcher(world, context, await context.newPage());
  }

  async signIn(token: string = OPERATOR_TOKEN): Promise<void> {
    await this.page.goto(`${this.world.url}/inspector`);
    await this.page.fill('#token', token);
    await this.page.press('#token', 'Enter');
  }

  /** Signs in and shows a zone, once the page says that it is live. */
  async show(zone = 'z1'): Promise<void> {
    await this.signIn();
    await this.page.fill('#zone', zone);
    await this.page.press('#zone', 'Enter');
    await this.page.waitForSelector('[data-line="live"]');
  }

  /** Until an element of that kind is there. */
  async sees(selector: string): Promise<void> {
    await this.page.waitForSelector(selector, { state: 'attached' });
  }

  /** Until an element says this. */
  async reads(selector: string, words: string | RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: words }).first().waitFor();
  }

  async choose(id: string): Promise<void> {
    await this.page.click(`#tree [data-id="${id}"]`);
    await this.reads('#actor-title', id);
  }

  /** A picture for the documentation, where that is being made: `PICTURES` names the folder. */
  async picture(name: string): Promise<void> {
    const folder = process.env['PICTURES'];
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}

interface Stage {
  readonly world: () => World;
  readonly watcher: (look?: 'light' | 'dark') => Promise<Watcher>;
}

/** One browser and one world for a suite; every watcher is closed after its test, and must have had nothing to complain of. */
export const inBrowser = (title: string, suite: (stage: Stage) => void): void => {
  describe(title, function () {
    this.timeout(60_000);
    let browser: Browser | null = null;
    let world: World | null = null;
    const watchers: Watcher[] = [];

    before(async function () {
      if (!existsSync(EXECUTABLE)) {
        process.stdout.write(`    skipped: there is no ${EXECUTABLE} (set CHROMIUM to say where it is)\n`);
        this.skip();
      }
      browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });
      world = await World.create({
        MAX_AGENT_CHILDREN: '10000',
        MAX_AGENTS_PER_APP: '100000',
        MAX_AGENTS_PER_ZONE: '100000',
      });
    });

    afterEach(async () => {
      const complaints = watchers.flatMap((watcher) => watcher.complaints);
      await Promise.all(watchers.splice(0).map((watcher) => watcher.close()));
      if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
    });

    after(async () => {
      await browser?.close();
      await world?.destroy();
    });

    suite({
      world: () => world as World,
      watcher: async (look) => {
        const watcher = await Watcher.open(world as World, browser as Browser, look);
        watchers.push(watcher);
        return watcher;
      },
    });
  });
};
