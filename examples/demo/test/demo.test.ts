import { readFileSync } from 'node:fs';
import { createTenantree, type Tenantree } from '@tenantree/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientWithToken } from '../../../apps/api/test/support/clients.ts';
import { type Deployment, deploy } from '../../../apps/api/test/support/deployment.ts';
import { startApi } from '../../../apps/api/test/support/start-api.ts';
import { parseCalls } from '../calls-file.ts';
import { runDemo } from '../demo.ts';
import type { Speed } from '../replay.ts';

const read = (name: string): string => readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8');
const linesOf = (text: string): string[] => text.trimEnd().split('\n');

/** Albania with everything above it, and every tenth call: small enough to be played several times. */
const files = {
  accounts: linesOf(read('accounts-iso3166.csv'))
    .filter((line, index) => index === 0 || /^(iso|r150|s039|AL|AL-\w+),/.test(line))
    .join('\n'),
  calls: linesOf(read('calls-1999-08.csv'))
    .filter((_, index) => index === 0 || index % 10 === 0)
    .join('\n'),
};
const ACCOUNTS = linesOf(files.accounts).length - 1;
const CALLS = linesOf(files.calls).length - 1;

let deployment: Deployment;
let key: string;
const clients: Tenantree[] = [];
beforeAll(async () => {
  deployment = await deploy();
  key = (await deployment.key(deployment.root)).secret;
});
afterAll(async () => {
  for (const client of clients) client.close();
  await deployment.close();
});

/** Starts the demo as its command does. `stopAt`: as Ctrl-C does, when that many calls are counted. */
function start(
  reseller: string,
  options: { speed?: Speed; stopAt?: number; limit?: number; most?: number; bill?: 'month' } = {},
) {
  const { speed = 'max', stopAt = Number.POSITIVE_INFINITY, limit = null, most = CALLS, bill = 'nothing' } = options;
  const calls = linesOf(files.calls)
    .slice(0, most + 1)
    .join('\n');
  const client = createTenantree({ url: deployment.url, getToken: async () => key });
  clients.push(client);
  const stop = new AbortController();
  const said: string[] = [];
  const shown: string[] = [];
  const show = (text: string): void => {
    shown.push(text);
    const counted = / · ([\d,]+) of /.exec(text)?.[1];
    if (counted !== undefined && Number(counted.replaceAll(',', '')) >= stopAt) stop.abort();
  };
  const outcome = runDemo({
    options: { url: deployment.url, key, speed, reseller, limit, bill, blueprint: 'nothing' },
    files: { ...files, calls },
    trpc: client.trpc,
    signal: stop.signal,
    line: { show, end: () => undefined },
    say: (text) => said.push(text),
  });
  return { outcome, said, shown };
}

const totals = (prefix: string) =>
  clientWithToken(deployment.url, key).usage.totals.query({ account: `ext:${prefix}` });

describe('the demo', () => {
  it('builds the tree under the reseller, plays all calls, and finds the file’s own sum', async () => {
    const { outcome, said } = start('World');
    expect(await outcome).toBe('equal');
    expect(said.at(-1)).toBe('Equal to the last digit: every call was counted exactly once.');
    const reseller = await clientWithToken(deployment.url, key).accounts.get.query({ account: 'ext:demo-world' });
    expect(reseller).toMatchObject({ name: 'World', depth: 1, subaccounts: ACCOUNTS - 1 });
    expect(reseller.agents.total).toBe(new Set(parseCalls(files.calls).flatMap((call) => call.agent ?? [])).size);
    const { rows } = await clientWithToken(deployment.url, key).accounts.list.query({ account: 'ext:demo-world-AL' });
    expect(rows.map((row) => row.name)).toContain('Berat (AL-01)');
    expect((await totals('demo-world')).events.total).toBe(CALLS);
  });

  it('started again when everything is counted counts nothing twice', async () => {
    const before = await totals('demo-world');
    const { outcome, said } = start('World');
    expect(await outcome).toBe('equal');
    expect(said[1]).toBe(`${CALLS.toLocaleString('en-US')} calls were counted before; going on after them`);
    const after = await totals('demo-world');
    expect([after.total, after.events.total]).toEqual([before.total, before.events.total]);
  });

  it('stopped in the middle and started again counts every call exactly once', async () => {
    const first = start('Interrupted', { speed: 400_000, stopAt: 500 });
    await expect(first.outcome).rejects.toThrow();
    const counted = (await totals('demo-interrupted')).events.total;
    expect(counted).toBeGreaterThanOrEqual(500);
    expect(counted).toBeLessThan(CALLS);
    expect(await start('Interrupted').outcome).toBe('equal');
    expect((await totals('demo-interrupted')).events.total).toBe(CALLS);
  });

  it('stopped during the import starts the import again and finds what is there', async () => {
    const client = clientWithToken(deployment.url, key);
    const { account } = await client.accounts.create.mutate({
      account: deployment.root,
      name: 'Half',
      externalId: 'demo-half',
    });
    const europe = { account: account.id, name: 'Europe', externalId: 'demo-half-r150' };
    const { account: region } = await client.accounts.create.mutate(europe);
    await client.accounts.rename.mutate({ account: region.id, name: 'Renamed by somebody' });
    expect(await start('Half').outcome).toBe('equal');
    expect(await client.accounts.get.query({ account: 'ext:demo-half-r150' })).toMatchObject({
      id: region.id,
      name: 'Renamed by somebody',
    });
  });

  it('says loudly when something else counted in its accounts', async () => {
    const client = clientWithToken(deployment.url, key);
    await client.usage.record.mutate({
      account: 'ext:demo-half',
      events: [
        {
          meter: 'call.minutes',
          quantity: '0.000000001',
          occurredAt: new Date().toISOString(),
          idempotencyKey: 'other',
        },
      ],
    });
    const { outcome, said } = start('Half');
    expect(await outcome).toBe('different');
    expect(said.at(-1)).toContain('NOT EQUAL');
  });

  it('asks for a slot for each call where there is a limit, and counts those that got one to the last digit', async () => {
    const most = 600;
    const { outcome, said } = start('Limited', { limit: 1, most });
    expect(await outcome).toBe('equal');
    const refused = Number(/Calls refused +([\d,]+)/.exec(said.join('\n'))?.[1]?.replaceAll(',', ''));
    expect(refused).toBeGreaterThan(0);
    expect((await totals('demo-limited')).events.total).toBe(most - refused);
  });

  it('survives a server that goes away in the middle', async () => {
    const { port } = new URL(deployment.url);
    const demo = start('Survivor', { speed: 400_000 });
    await vi.waitFor(() => expect(demo.shown.at(-1)).toMatch(/ [1-9]\d\d\d? of .* calls/), {
      timeout: 20_000,
      interval: 5,
    });
    await deployment.composed.close();
    await vi.waitFor(() => expect(demo.shown.at(-1)).toContain('is away, trying again'), {
      timeout: 20_000,
      interval: 5,
    });
    const again = await startApi(deployment.database.serving, { config: { port: Number(port) } });
    try {
      expect(await demo.outcome).toBe('equal');
      expect((await totals('demo-survivor')).events.total).toBe(CALLS);
    } finally {
      await again.close();
    }
  });
});
