import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Client, clientWithToken } from './support/clients.ts';
import { type KillableServer, prepareKillableServer } from './support/killable-server.ts';

/** How often the server is killed: a few times with every test run, a hundred with FAULT_ROUNDS=100. */
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 5);
const SENDERS = 8;

const servers: KillableServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0).toReversed()) await server.close();
});

async function prepare(beside?: KillableServer): Promise<KillableServer> {
  const server = await prepareKillableServer(beside);
  servers.push(server);
  return server;
}

/** Somebody who sends usage until told to stop, each event again and again until it is acknowledged, as integrators are told to. */
async function send(client: Client, accounts: readonly string[], until: AbortSignal): Promise<number> {
  let acknowledged = 0;
  while (!until.aborted) {
    const event = {
      meter: 'call.minutes',
      quantity: '0.25',
      occurredAt: new Date().toISOString(),
      idempotencyKey: randomUUID(),
    };
    const account = accounts[randomInt(accounts.length)]!;
    for (let told = false; !told; ) {
      told = await client.usage.record.mutate({ account, events: [event] }).then(
        ({ results }) => results.every(({ status }) => status === 'accepted' || status === 'duplicate'),
        () => pass(20, false),
      );
    }
    acknowledged += 1;
  }
  return acknowledged;
}

async function plantTree(client: Client, root: string): Promise<string[]> {
  const { account: branch } = await client.accounts.create.mutate({ account: root, name: 'Branch' });
  const leaves = ['East', 'West'].map((name) => client.accounts.create.mutate({ account: branch.id, name }));
  return (await Promise.all(leaves)).map(({ account }) => account.id);
}

describe('Usage that was acknowledged', () => {
  it('counts exactly once although the server is killed again and again under load (I15)', async () => {
    const server = await prepare();
    await server.start();
    const { account: root, key } = await server.claim();
    const client = clientWithToken(server.url, key);
    const leaves = await plantTree(client, root);
    const stop = new AbortController();
    const senders = Array.from({ length: SENDERS }, () => send(client, leaves, stop.signal));
    for (let round = 0; round < ROUNDS; round++) {
      await pass(randomInt(400));
      await server.kill();
      await server.start();
    }
    stop.abort();
    const acknowledged = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0);
    expect(acknowledged).toBeGreaterThan(SENDERS * ROUNDS);
    const totals = await client.usage.totals.query({ account: root });
    expect(totals).toMatchObject({ total: String(acknowledged * 0.25), events: { own: 0, total: acknowledged } });
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
      expect(totals).toMatchObject({ total: String(acknowledged * 0.25), events: { own: 0, total: acknowledged } });
      expect(await client.accounts.get.query({ account: root })).toMatchObject({ children: 23, subaccounts: 25 });
    }
  });
});
