import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { clientWithToken } from '../../../apps/api/test/support/clients.ts';
import { type KillableServer, prepareKillableServer } from '../../../apps/api/test/support/killable-server.ts';
import { MINUTES, send } from '../../../apps/api/test/support/senders.ts';
import { createTenantree, type Tenantree } from '../src/create-tenantree.ts';

/** Viewers that lose their server in one instant: some in every long run, all that rules/server 16 says with STAMPEDE_VIEWERS=5000. */
const VIEWERS = Number(process.env['STAMPEDE_VIEWERS'] ?? 200);
const SENDERS = 4;
/** Longest until everybody sees what is there again: one longest wait of the back-off, and time to serve them. */
const PATIENCE = { timeout: 60_000, interval: 100 };

let server: KillableServer;
const viewers: Tenantree[] = [];

beforeEach(async () => {
  server = await prepareKillableServer();
  await server.start();
});
afterEach(async () => {
  for (const viewer of viewers.splice(0)) viewer.close();
  await server.close();
});

/** The most memory that the server's process has held (MB). */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${server.pid()}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

it('everybody whose server was killed in one instant is served again, no call is lost, and the crowd costs no more than it did', async () => {
  const { account, key } = await server.claim();
  const totals = new Array<number>(VIEWERS).fill(-1);
  const slowest = (): number => totals.reduce((least, total) => Math.min(least, total));
  for (let viewer = 0; viewer < VIEWERS; viewer++) {
    const tenantree = createTenantree({ url: server.url, getToken: async () => key });
    viewers.push(tenantree);
    const onData = ({ data }: { data: { minutes: readonly (readonly [string, string, string])[] } }): void => {
      for (const [, , total] of data.minutes) totals[viewer] = Number(total);
      if (data.minutes.length === 0) totals[viewer] = Math.max(0, totals[viewer]!);
    };
    tenantree.trpc.usage.live.subscribe({ account }, { onData });
  }
  await vi.waitFor(() => expect(slowest()).toBeGreaterThanOrEqual(0), PATIENCE);
  const client = clientWithToken(server.url, key);
  const stop = new AbortController();
  const senders = Array.from({ length: SENDERS }, () => send(client, [account], stop.signal));
  await vi.waitFor(() => expect(slowest()).toBeGreaterThan(0), PATIENCE);
  const atRest = await peakMemory();

  await server.kill();
  const known = Math.max(...totals);
  await server.start();
  const startedMs = performance.now();
  await vi.waitFor(() => expect(slowest()).toBeGreaterThan(known), PATIENCE);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const back = await peakMemory();
  console.log(
    `${VIEWERS} viewers back after ${seconds} s; ${atRest.toFixed(0)} MB before, ${back.toFixed(0)} MB at most after`,
  );

  stop.abort();
  const acknowledged = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0);
  await vi.waitFor(() => expect(new Set(totals)).toEqual(new Set([acknowledged * MINUTES])), PATIENCE);
  expect(back).toBeLessThan(atRest * 1.5);
}, 300_000);
