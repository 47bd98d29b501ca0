import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, clientOf, PASSWORD, signIn } from '../../../api/test/support/clients.ts';
import { type Served, serve } from '../../../api/test/support/served.ts';
import { FIREFOX, openFirefox } from './firefox.ts';
import { type OtherBrowser, Visitor } from './other-browser.ts';
import { openWebKit, SCREEN, WEBKIT_DRIVER } from './webkit.ts';

const EMAIL = 'olivia@example.com';
const PORTAL = fileURLToPath(new URL('../../../../examples/portal/server.ts', import.meta.url));

const BROWSERS = [
  { name: 'Firefox', needs: [FIREFOX], packages: 'firefox-esr', start: openFirefox },
  { name: 'WebKit', needs: [WEBKIT_DRIVER, SCREEN], packages: 'webkit2gtk-driver xvfb', start: openWebKit },
];

for (const { name, needs, packages, start } of BROWSERS) {
  const isHere = needs.every((file) => existsSync(file));
  if (!isHere) console.info(`${name} is not on this machine and was not tried. On Debian: apt-get install ${packages}`);

  describe.skipIf(!isHere)(`In ${name}`, () => {
    const cleanUp: (() => unknown)[] = [];
    let served: Served;
    let browser: OtherBrowser;
    let page: Visitor;
    let owner: Client;
    let root: string;

    beforeAll(async () => {
      served = await serve();
      cleanUp.push(served.close);
      browser = await start();
      cleanUp.push(browser.close);
      page = new Visitor(browser);
    });
    afterAll(async () => {
      for (const act of cleanUp.splice(0).reverse()) await act();
    });

    it('whoever opens the link of the first run owns the deployment', async () => {
      await browser.open(served.setupLink);
      await page.fill('Main account', 'Acme Group');
      await page.fill('Your name', 'Olivia Owner');
      await page.fill('E-mail address', EMAIL);
      await page.fill('Password', PASSWORD);
      await page.click('button', 'Create main account');
      await page.sees('h2', 'No subaccounts yet');
      root = /\/a\/([^/]+)/.exec(await browser.read<string>('return location.pathname'))?.[1] ?? '';
      owner = clientOf(served.url, await signIn(served.url, EMAIL, PASSWORD));
    });

    it('the table shows what is created, and minutes as they are counted', async () => {
      await page.click('button', 'Create subaccount');
      await page.sees('dialog[open] input#name');
      await browser.type('Acme North');
      await page.click('dialog[open] button[type=submit]', 'Create Acme North');
      await page.sees('.row bdi', 'Acme North');
      const { rows } = await owner.accounts.list.query({ account: root });
      const event = {
        meter: 'call.minutes',
        quantity: '12.5',
        occurredAt: new Date().toISOString(),
        idempotencyKey: 'a',
      };
      await owner.usage.record.mutate({ account: rows[0]?.id ?? '', events: [event] });
      await page.sees('.row .minutes', '12.5');
    });

    it('a dialog says what an empty date means, and takes no half date for none', async () => {
      await page.click('.row button', 'Actions for');
      await page.click('[role=menuitem]', 'Suspend');
      await page.sees('dialog[open] .unset', 'No end');
      expect(await page.of('dialog[open] #until', 'getComputedStyle(it).color')).toBe('rgba(0, 0, 0, 0)');
      await page.click('dialog[open] #from');
      await browser.type('12');
      // WebKit's field is never half filled in.
      if (await page.of<boolean>('dialog[open] #from', 'it.validity.badInput')) {
        await page.click('dialog[open] button[type=submit]', 'Suspend Acme North');
        await page.sees('dialog[open] #from[aria-invalid=true]');
        await page.sees('dialog[open] #from-error');
        await page.click('dialog[open] button', 'Cancel');
        await page.click('.row button', 'Actions for');
        await page.click('[role=menuitem]', 'Suspend');
        await page.sees('dialog[open] .unset', 'At once');
      } else {
        await page.of('dialog[open] #from', '(it.value = "", it.dispatchEvent(new Event("input", { bubbles: true })))');
      }
      await page.click('dialog[open] button[type=submit]', 'Suspend Acme North');
      await page.misses('dialog[open]');
      await page.sees('.row', 'Suspended');
    });

    it('a toast covers itself and nothing else, and what it offers is done', async () => {
      await page.sees('.toast');
      // While a toast comes in it is moved by a few pixels.
      const spare = await page.of<number>(
        '.toasts',
        `it.getBoundingClientRect().height -
          (it.lastElementChild.getBoundingClientRect().bottom - it.firstElementChild.getBoundingClientRect().top)`,
      );
      expect(Math.abs(spare)).toBeLessThan(8);
      // In its column, above it.
      await page.click('button', 'Create subaccount');
      await page.sees('dialog[open] input#name');
      await browser.press('Escape');
      await page.misses('dialog[open]');
      await page.click('.toast button', 'Undo');
      await page.misses('.row', 'Suspended');
    });

    it('one signs out, and in again', async () => {
      await page.click('button', 'Olivia Owner');
      await page.click('[role=menuitem]', 'Sign out');
      await page.fill('E-mail address', EMAIL);
      await page.fill('Password', PASSWORD);
      await browser.press('Enter');
      await page.sees('.row bdi', 'Acme North');
    });

    it('the element lives in a portal of another origin: live, and with dialogs', async () => {
      const { key } = await owner.keys.create.mutate({ account: root, name: 'Portal' });
      const port = randomInt(20_000, 30_000);
      const args = ['--url', served.url, '--key', key, '--account', root, '--port', String(port)];
      const portal = spawn(process.execPath, [PORTAL, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      cleanUp.push(async () => {
        portal.kill();
        await once(portal, 'close');
      });
      await once(portal.stdout, 'data');
      await browser.open(`http://localhost:${port}`);
      await page.sees('.row bdi', 'Acme North');
      const { rows } = await owner.accounts.list.query({ account: root });
      const event = {
        meter: 'call.minutes',
        quantity: '100',
        occurredAt: new Date().toISOString(),
        idempotencyKey: 'b',
      };
      await owner.usage.record.mutate({ account: rows[0]?.id ?? '', events: [event] });
      await page.sees('.row .minutes', '112.5');
      await page.click('button', 'Create subaccount');
      await page.sees('dialog[open] input#name');
      await browser.type('Acme South');
      await browser.press('Enter');
      await page.sees('.row bdi', 'Acme South');
      await page.click('button', 'Switch to');
      await page.sees('h1', 'Acme');
    });
  });
}
