// Somebody else's site: what their bundler made of their sources, with a token for whoever opens it.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { BUILDS } from '../../apps/api/src/server/create-server.ts';
import { type Deployment, deploy } from '../../apps/api/test/support/deployment.ts';
import { findChromium, ONE_PROCESS_ARGS } from '../chromium.ts';

export type Site = {
  readonly api: Deployment;
  /** Opens the site's page; what it threw or complained of is kept. */
  open(folder: string): Promise<Page>;
  /** What pages threw, or wrote to the console as an error. */
  readonly faults: string[];
  /** Address of the element's script on the server. */
  readonly script: string;
  close(): Promise<void>;
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Starts a server with some accounts, a site of another origin, and a browser. */
export async function openSite(): Promise<Site> {
  const api = await deploy({ folders: BUILDS });
  for (const name of ['Acme Dental', 'Borealis Motors']) {
    await api.owner.accounts.create.mutate({ account: api.root, name });
  }
  let served = '';
  const site = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://site').pathname);
    const file = join(served, path === '/' ? 'index.html' : path);
    readFile(file).then(
      (content) => response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const address = site.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const { client } = await api.key(api.root);
  const { token } = await client.embed.createToken.mutate({
    account: api.root,
    origin,
    userRef: 'dana',
    features: ['usage', 'switch', 'create', 'rename'],
  });
  const browser: Browser = await chromium.launch({ executablePath: await findChromium(), args: ONE_PROCESS_ARGS });
  const faults: string[] = [];
  const [file = ''] = Object.keys((await (await fetch(`${api.url}/widget/integrity.json`)).json()) as object);
  return {
    api,
    faults,
    script: `${api.url}/widget/${file.split('/')[0]}/subaccount-manager.js`,
    open: async (folder) => {
      served = folder;
      const page = await browser.newPage();
      page.on('pageerror', ({ message }) => faults.push(message));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      const given = { api: api.url, account: api.root, token };
      await page.addInitScript(`globalThis.given = ${JSON.stringify(given)}; globalThis.told = [];`);
      await page.goto(origin);
      return page;
    },
    close: async () => {
      await browser.close();
      site.close();
      await api.close();
    },
  };
}
