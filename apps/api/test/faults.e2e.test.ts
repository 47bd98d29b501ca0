import { randomInt } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { clientWithToken } from './support/clients.ts';
import { claim, type KillableServer, prepareKillableServer } from './support/killable-server.ts';
import { databasesOf, type Programs, preparePrograms } from './support/programs.ts';
import { MINUTES, plantTree, send } from './support/senders.ts';

/** How often a server or its database is killed: a few times with every test run, a hundred with FAULT_ROUNDS=100. */
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 5);
const SENDERS = 8;

const servers: KillableServer[] = [];
let programs: Programs | null = null;
afterEach(async () => {
  await programs?.close();
  programs = null;
  for (const server of servers.splice(0).toReversed()) await server.close();
});

async function prepare(beside?: KillableServer): Promise<KillableServer> {
  const server = await prepareKillableServer(beside);
  servers.push(server);
  return server;
}

/** Makes accounts one after the other and enters them, whatever becomes of it; which were acknowledged. */
async function make(
  client: ReturnType<typeof clientWithToken>,
  account: string,
  signal: AbortSignal,
): Promise<string[]> {
  const made: string[] = [];
  for (let n = 0; !signal.aborted; n++) {
    try {
      const created = await client.accounts.create.mutate({ account, name: `Made ${n}` });
      await client.accounts.enter.mutate({ account: created.account.id });
      made.push(created.account.id);
    } catch {
      await pass(20);
    }
  }
  return made;
}

/** Breaks something {@link ROUNDS} times, at any moment, while usage is sent and accounts are made without a pause; then compares what was acknowledged with what is counted, and with the journal. */
async function keepsCount(
  client: ReturnType<typeof clientWithToken>,
  account: string,
  fail: (round: number) => Promise<void>,
): Promise<void> {
  const leaves = await plantTree(client, account);
  const stop = new AbortController();
  const senders = Array.from({ length: SENDERS }, () => send(client, leaves, stop.signal));
  const making = make(client, account, stop.signal);
  for (let round = 0; round < ROUNDS; round++) {
    await pass(randomInt(400));
    await fail(round);
  }
  stop.abort();
  const acknowledged = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0);
  expect(acknowledged).toBeGreaterThan(SENDERS * ROUNDS);
  const totals = await client.usage.totals.query({ account });
  expect(totals).toMatchObject({ total: String(acknowledged * MINUTES), events: { own: 0, total: acknowledged } });
  // No hole from the first row to the head, and all that was acknowledged is in it.
  expect(await client.audit.verify.query({ account })).toMatchObject({ faults: [], next: null });
  const log = (await client.audit.list.query({ account, scope: 'nested', kind: 'visits', limit: 200 })).rows;
  const entered = new Set<string>(log.map((entry) => entry.account.id));
  const made = (await making).slice(-100);
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((id) => !entered.has(id))).toEqual([]);
}

describe('Usage that was acknowledged', () => {
  it('counts exactly once although the server is killed again and again under load (I15)', async () => {
    const server = await prepare();
    await server.start();
    const { account: root, key } = await server.claim();
    const client = clientWithToken(server.url, key);
    await keepsCount(client, root, async () => {
      await server.kill();
      await server.start();
    });
  }, 600_000);

  it('counts exactly once although its database is killed or restarted again and again under load', async () => {
    programs = await preparePrograms();
    const { dataDir } = programs;
    const server = await programs.start({ LOG_LEVEL: 'silent' });
    const { account: root, key } = await claim(server.url, server.printed());
    const client = clientWithToken(server.url, key);
    await keepsCount(client, root, async (round) => {
      const [before] = await databasesOf(dataDir);
      process.kill(before!, round % 2 ? 'SIGINT' : 'SIGKILL');
      await vi.waitFor(
        async () => {
          expect(await databasesOf(dataDir)).not.toContain(before);
          expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
        },
        { timeout: 30_000, interval: 50 },
      );
    });
  }, 600_000);

  it('counts exactly once although one of two servers freezes and wakes, and the other one serves on', async () => {
    const server = await prepare();
    await server.start();
    const { account: root, key } = await server.claim();
    const other = await prepare(server);
    await other.start();
    const [mine, theirs] = [clientWithToken(server.url, key), clientWithToken(other.url, key)];
    const leaves = await plantTree(mine, root);
    const stop = new AbortController();
    const senders = Array.from({ length: SENDERS }, (_, i) => send(i % 2 ? mine : theirs, leaves, stop.signal));
    await theirs.accounts.create.mutate({ account: root, name: 'Before' });
    other.freeze();
    for (let n = 0; n < 20; n++) await mine.accounts.create.mutate({ account: root, name: `While frozen ${n}` });
    other.wake();
    await theirs.accounts.create.mutate({ account: root, name: 'After' });
    stop.abort();
    const acknowledged = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0);
    for (const client of [mine, theirs]) {
      const totals = await client.usage.totals.query({ account: root });
      expect(totals).toMatchObject({ total: String(acknowledged * MINUTES), events: { own: 0, total: acknowledged } });
      expect(await client.accounts.get.query({ account: root })).toMatchObject({ children: 23, subaccounts: 25 });
    }
  });
});
