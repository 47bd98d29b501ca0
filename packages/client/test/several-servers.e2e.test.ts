import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientWithToken } from '../../../apps/api/test/support/clients.ts';
import { claim } from '../../../apps/api/test/support/killable-server.ts';
import { databasesOf, type Program, type Programs, preparePrograms } from '../../../apps/api/test/support/programs.ts';
import { MINUTES, send } from '../../../apps/api/test/support/senders.ts';
import { further } from '../../../scripts/further.ts';
import { rounds } from '../../../scripts/rounds.ts';
import { createTenantree, type Tenantree } from '../src/create-tenantree.ts';

const VIEWERS = 12;
const SENDERS = 4;
/** As long as each of them waits between two events: who sends what the servers can take takes both cores from all else. */
const PAUSE_MS = rounds(20, 0);
const PATIENCE = { timeout: 60_000, interval: 200 };
const SETTINGS = { SERVERS: '2', LOG_LEVEL: 'error', PORT: String(randomInt(20_000, 30_000)) };

let programs: Programs;
/** The program that runs, and who may use it. What ends it has another one started, so that each test finds two servers. */
let program: Program;
let claimed: Awaited<ReturnType<typeof claim>>;
const viewers: Tenantree[] = [];
beforeAll(async () => {
  programs = await preparePrograms();
  program = await programs.start(SETTINGS);
  claimed = await claim(program.url, program.printed());
});
afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.close();
});
afterAll(() => programs.close());

/** The processes that serve for a program. */
async function serversOf({ child: { pid } }: Program): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const found: number[] = [];
  for (const each of children.trim().split(' ')) {
    const command = await readFile(`/proc/${each}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('one-server.ts')) found.push(Number(each));
  }
  return found;
}

const isRunning = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (text) => !/^\d+ \(.*\) Z/.test(text),
    () => false,
  );

/** What a metric says of each server, by its label. */
async function measured(url: string, metric: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.matchAll(new RegExp(`^${metric}\\{.*?server="(\\d+)".*?\\} (\\S+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, server, value]) => [server, Number(value)]));
}

/** Watches the minutes of an account as an integrator does. @returns what is shown to each viewer */
function watch(url: string, account: string, key: string): number[] {
  const totals = new Array<number>(VIEWERS).fill(-1);
  for (let viewer = 0; viewer < VIEWERS; viewer += 1) {
    const tenantree = createTenantree({ url, getToken: async () => key });
    viewers.push(tenantree);
    const onData = ({ data }: { data: { minutes: readonly (readonly [string, string, string])[] } }): void => {
      for (const [, , total] of data.minutes) totals[viewer] = Number(total);
      if (data.minutes.length === 0) totals[viewer] = Math.max(0, totals[viewer] ?? 0);
    };
    tenantree.trpc.usage.live.subscribe({ account }, { onData });
  }
  return totals;
}

describe('Two servers behind one port', () => {
  it('serve calls and live streams both; when one is killed, clients go on with the other, and another one is started', async () => {
    const { url } = program;
    const before = await serversOf(program);
    expect(before).toHaveLength(2);
    const { account, key } = claimed;
    const totals = watch(url, account, key);
    const least = (): number => Math.min(...totals);
    await vi.waitFor(() => expect(least()).toBeGreaterThanOrEqual(0), PATIENCE);
    const sockets = await measured(url, 'tenantree_live_sockets');
    expect(Object.keys(sockets)).toEqual(['1', '2']);
    expect(Math.min(...Object.values(sockets))).toBeGreaterThan(0);
    expect((sockets['1'] ?? 0) + (sockets['2'] ?? 0)).toBe(VIEWERS);

    const client = clientWithToken(url, key);
    const stop = new AbortController();
    const senders = Array.from({ length: SENDERS }, () => send(client, [account], stop.signal, PAUSE_MS));
    await vi.waitFor(() => expect(least()).toBeGreaterThan(0), PATIENCE);
    const [killed = 0, left = 0] = before;
    process.kill(killed, 'SIGKILL');
    const known = Math.max(...totals);
    await vi.waitFor(() => expect(least()).toBeGreaterThan(known), PATIENCE);
    const back = async (): Promise<void> => {
      const now = await serversOf(program);
      expect(now).toHaveLength(2);
      expect(now).not.toContain(killed);
      expect(now).toContain(left);
      expect(Object.keys(await measured(url, 'tenantree_live_sockets'))).toHaveLength(2);
    };
    await vi.waitFor(back, PATIENCE);
    stop.abort();
    const acknowledged = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0);
    await vi.waitFor(() => expect(new Set(totals)).toEqual(new Set([acknowledged * MINUTES])), PATIENCE);
    expect((await client.usage.totals.query({ account })).total).toBe(String(acknowledged * MINUTES));
    expect(program.printed()).toMatch(/"server":\d.*"signal":"SIGKILL".*a server ended by itself/);
    // Said once, not by every server and not again.
    expect(program.printed().match(/Tenantree is at/g)).toHaveLength(1);
    expect(program.printed().match(/tt_setup_/g)).toHaveLength(1);
  }, 240_000);

  further('stop in order when they are told to, and leave no process and no database behind', async () => {
    const { key } = claimed;
    const servers = await serversOf(program);
    expect(servers).toHaveLength(2);
    const client = clientWithToken(program.url, key);
    const { account: sentFor } = await client.accounts.create.mutate({ account: claimed.account, name: 'Sent for' });
    const stop = new AbortController();
    const sender = send(client, [sentFor.id], stop.signal);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    for (const server of servers) expect(await isRunning(server)).toBe(false);
    expect(await databasesOf(programs.dataDir)).toEqual([]);
    stop.abort();
    program = await programs.start(SETTINGS);
    const acknowledged = await sender;
    const totals = await clientWithToken(program.url, key).usage.totals.query({ account: sentFor.id });
    expect(totals.events).toEqual({ own: acknowledged, total: acknowledged });
  });

  further('end with the program that started them, however it ends, and the next one starts', async () => {
    const servers = await serversOf(program);
    expect(servers).toHaveLength(2);
    program.child.kill('SIGKILL');
    await program.ended;
    await vi.waitFor(async () => {
      for (const server of servers) expect(await isRunning(server)).toBe(false);
    }, PATIENCE);
    program = await programs.start({ ...SETTINGS, SERVERS: '1' });
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });
});
