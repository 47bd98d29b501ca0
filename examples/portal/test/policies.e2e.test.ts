import { createServer } from 'node:http';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BUILDS } from '../../../apps/api/src/server/create-server.ts';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { findChromium, ONE_PROCESS_ARGS } from '../../../scripts/chromium.ts';

let api: Deployment;
let browser: Browser;
/** Of one visitor, who has the element already after the first page. */
let visitor: BrowserContext;
let page: Page;
let token: string;
/** The page that is served, and its policy. */
let served = { policy: '', body: '' };
const portal = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': served.policy });
  response.end(served.body);
});
let origin: string;
const said: string[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
  const address = portal.address();
  origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  api = await deploy({ folders: BUILDS });
  await api.owner.accounts.create.mutate({ account: api.root, name: 'Acme Dental' });
  const { client } = await api.key(api.root);
  ({ token } = await client.embed.createToken.mutate({ account: api.root, origin, userRef: 'dana', access: 'full' }));
  browser = await chromium.launch({ executablePath: await findChromium(), args: ONE_PROCESS_ARGS });
  visitor = await browser.newContext();
});
afterEach(() => page.close());
afterAll(async () => {
  await browser.close();
  portal.close();
  await api.close();
});

/** Opens a page that embeds the element under a policy of its own. */
async function visit(policy: string, before = '', after = ''): Promise<void> {
  page = await visitor.newPage();
  said.length = 0;
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(`threw ${error.message}`));
  served = {
    policy: `script-src 'self' ${api.url} 'nonce-page'; ${policy}`,
    body: `<!doctype html><html lang="en"><script nonce="page">
      ${before}
      window.errors = [];
      addEventListener('sam-error', ({ detail }) => errors.push(detail.code));
    </script><subaccount-manager account="${api.root}"><p>Call us: 0800</p></subaccount-manager>
    <script nonce="page" type="module">
      document.querySelector('subaccount-manager').getToken = async () => '${token}';
      await import('${api.url}/widget/subaccount-manager.js');
      ${after}
    </script></html>`,
  };
  await page.goto(origin);
}

const works = async (): Promise<void> => {
  await page.getByText('Acme Dental').waitFor();
  await page.getByRole('button', { name: 'Create subaccount' }).click();
  await page.getByRole('dialog', { name: 'Create subaccount' }).waitFor();
  expect(said.filter((text) => text.startsWith('threw'))).toEqual([]);
};

const STRICT = `require-trusted-types-for 'script'`;
const LIT_OF_THE_PAGE = `window.policy = trustedTypes.createPolicy('lit-html', { createHTML: (text) => text });`;

describe('the element in a page with a policy for markup', () => {
  it.each([
    ['a list that lacks every policy of ours, not enforced', 'trusted-types something-else'],
    ['enforcement without a list', STRICT],
    ['its own name in the list', `trusted-types subaccount-manager; ${STRICT}`],
    ['lit’s name in the list', `trusted-types lit-html; ${STRICT}`],
  ])('works with %s', async (_, policy) => {
    await visit(policy);
    await works();
  });

  it.each(['trusted-types lit-html', `trusted-types lit-html subaccount-manager; ${STRICT}`])(
    'lives beside another copy of lit, which comes first or later: %s',
    async (policy) => {
      await visit(policy, LIT_OF_THE_PAGE);
      await works();
      await page.close();
      await visit(policy, '', LIT_OF_THE_PAGE);
      await works();
      expect(await page.evaluate('typeof policy.createHTML')).toBe('function');
    },
  );

  it('says what the page needs where nothing can be shown, and leaves what the page says', async () => {
    await visit(`trusted-types something-else; ${STRICT}`);
    await expect.poll(() => page.evaluate('errors')).toEqual(['TRUSTED_TYPES']);
    expect(await page.getByText('Call us: 0800').isVisible()).toBe(true);
    expect(said.join('\n')).toContain('add “subaccount-manager” to its trusted-types list');
    expect(said.filter((text) => text.startsWith('threw'))).toEqual([]);
  });
});
