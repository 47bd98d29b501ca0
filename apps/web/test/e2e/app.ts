import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { findChromium, ONE_PROCESS_ARGS } from '../../../../scripts/chromium.ts';
import { PASSWORD } from '../../../api/test/support/clients.ts';
import { type Served, serve } from '../../../api/test/support/served.ts';

export const EMAIL = 'olivia@example.com';

/** The app as it is served, in a browser. */
export type App = Served & {
  readonly browser: Browser;
  /** What pages complained of: errors, and what the policy blocked. */
  readonly faults: string[];
  /** Opens a page, in a context of its own unless one is given. */
  open(options?: {
    readonly width?: number;
    readonly dark?: boolean;
    readonly context?: BrowserContext;
  }): Promise<Page>;
};

/** Of these the browser itself tells; the app shows them in its own way. */
const EXPECTED = /^Failed to load resource|WebSocket connection/;

/** Starts a server that nobody owns yet, and a browser. */
export async function startApp(options: Parameters<typeof serve>[0] = {}): Promise<App> {
  const served = await serve(options);
  const browser = await chromium.launch({ executablePath: await findChromium(), args: ONE_PROCESS_ARGS });
  const faults: string[] = [];
  return {
    ...served,
    browser,
    faults,
    open: async ({ width = 1280, dark = false, context } = {}) => {
      const page = await (context ?? (await browser.newContext())).newPage();
      page.setDefaultTimeout(10_000);
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && !EXPECTED.test(message.text())) faults.push(message.text());
      });
      return page;
    },
    close: async () => {
      await browser.close();
      await served.close();
    },
  };
}

/** Signs in on the sign-in page that is shown. */
export async function signIn(page: Page, email = EMAIL): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The row of an account in the tree. */
export const row = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.locator('bdi').getByText(name, { exact: true }) });

/** Creates a subaccount of the acting account through the dialog. */
export async function create(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Create subaccount' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: `Create ${name}` }).click();
  await row(page, name).waitFor();
}

/** Ticks a box by one click. The very first one in a table takes effect once it is known how, not at once as `check()` would have it. */
export async function tick(box: Locator): Promise<void> {
  await box.click();
  await expect.poll(() => box.isChecked()).toBe(true);
}

/** Chooses an entry of a row's menu. */
export async function choose(page: Page, name: string, entry: string): Promise<void> {
  await row(page, name).hover();
  await row(page, name)
    .getByRole('button', { name: new RegExp(`^Actions for`) })
    .click();
  await page.getByRole('menuitem', { name: entry }).click();
}

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe looks at: all it knows, or colours alone, in another scheme of a page that it has looked at. */
const LOOKS = { everything: {}, colours: { runOnly: ['color-contrast', 'link-in-text-block'] } };

/** Asserts that axe finds nothing on the page. */
export async function expectAccessible(
  page: Page,
  what: string,
  looks: keyof typeof LOOKS = 'everything',
): Promise<void> {
  // What another window or scheme brings is drawn by then: a panel may be a page, with another heading.
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  // Half a megabyte to compile: once for each page.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  const run = (selectors: boolean) =>
    page.evaluate<{ id: string; nodes: string[] }[]>(
      `axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], selectors, ...LOOKS[looks] })}).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target }) => target?.join(' ')) })))`,
    );
  // A selector for each element is a third of the work, and wanted of what is wrong alone.
  const found = await run(false);
  expect(found.length === 0 ? found : [...found, ...(await run(true))], what).toEqual([]);
}
