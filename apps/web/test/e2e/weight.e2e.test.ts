import { gzipSync } from 'node:zlib';
import type { Response } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type App, row, startApp } from './app.ts';
import { claim, type Owner } from './owner.ts';

/** Most JavaScript that the subaccounts page may load before it shows rows: kilobytes, gzip -9 (rules/screens 17). */
const MOST_KB = 190;

let app: App;
let owner: Owner;

beforeAll(async () => {
  app = await startApp();
  owner = await claim(app);
  await owner.client.accounts.create.mutate({ account: owner.root, name: 'Acme North' });
});
afterAll(() => app.close());

it('shows rows before more JavaScript is loaded than a page may cost', async () => {
  const page = await app.open({ context: await owner.context() });
  const scripts: Response[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response);
  });
  await page.goto(`${app.url}/a/${owner.root}/subaccounts`);
  await row(page, 'Acme North').waitFor();
  const bytes = await Promise.all(scripts.map(async (one) => gzipSync(await one.body(), { level: 9 }).length));
  const kilobytes = bytes.reduce((sum, n) => sum + n, 0) / 1000;
  console.info(`JavaScript before rows: ${kilobytes.toFixed(1)} kB gz in ${bytes.length} files`);
  expect(kilobytes).toBeGreaterThan(0);
  expect(kilobytes).toBeLessThanOrEqual(MOST_KB);
});
