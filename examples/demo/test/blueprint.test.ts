import { readFileSync } from 'node:fs';
import { createTenantree, type Tenantree } from '@tenantree/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { runDemo } from '../demo.ts';

const read = (name: string): string => readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8');
/** Bermuda and Canada with two provinces and all above them, and Albania beside them. */
const accounts = read('accounts-iso3166.csv')
  .split('\n')
  .filter((line, index) => index === 0 || /^(iso|r019|s021|BM|BM-\w+|CA|CA-[AB]\w|r150|s039|AL),/.test(line))
  .join('\n');
const REGION = accounts.split('\n').filter((line) => /^(r019|s021|BM|CA)/.test(line)).length;

let deployment: Deployment;
let client: Tenantree;
let key: string;
beforeAll(async () => {
  deployment = await deploy();
  key = (await deployment.key(deployment.root)).secret;
  client = createTenantree({ url: deployment.url, getToken: async () => key });
});
afterAll(async () => {
  client.close();
  await deployment.close();
});

/** Starts the demo as its command does. `stopAt`: as Ctrl-C does, when it says or shows that. */
function start(stopAt: RegExp | null = null) {
  const said: string[] = [];
  const stop = new AbortController();
  const look = (text: string): void => {
    if (stopAt?.test(text)) stop.abort();
  };
  const outcome = runDemo({
    options: {
      url: deployment.url,
      key,
      speed: 'max',
      reseller: 'World',
      limit: null,
      bill: 'nothing',
      blueprint: 'region',
    },
    files: { accounts, calls: '' },
    trpc: client.trpc,
    signal: stop.signal,
    line: { show: look, end: () => undefined },
    say: (text) => {
      said.push(text);
      look(text);
    },
  });
  return { outcome, said };
}

describe('the blueprint of the demo', () => {
  it('sets the region up and brings what changes to all of it, also when it is stopped between', async () => {
    await expect(start(/^Applying the blueprint: [1-9]/).outcome).rejects.toThrow();
    await expect(start(/^Changed at the source/).outcome).rejects.toThrow();
    const second = start();
    const outcome = await second.outcome.catch((error: unknown) => error);
    expect(outcome, second.said.join('\n')).toBe('equal');
    expect(second.said).toContain(`  drift: as set up ${REGION - 1} · changed here 1 · newer available 0 · both 0`);
    expect(second.said.at(-1)).toContain('Equal to the last account');
  });

  it('says loudly when an account was changed since', async () => {
    const account = 'ext:demo-world-CA';
    await client.trpc.limits.set.mutate({ account, limits: [{ kind: 'members', max: 7 }] });
    const { outcome, said } = start();
    expect(await outcome, said.join('\n')).toBe('different');
    expect(said).toContain('Members in Canada: the server says 7, and it is 50');
    expect(said.at(-1)).toContain('NOT EQUAL');
  });
});
