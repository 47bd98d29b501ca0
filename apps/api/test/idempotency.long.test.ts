import { randomInt } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { createTRPCClient, httpLink } from '@trpc/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AppRouter, agentsNamed, clientWithToken } from './support/clients.ts';
import { type KillableServer, prepareKillableServer } from './support/killable-server.ts';

/** How often the server is killed: a few times in every long run, a hundred with FAULT_ROUNDS=100. */
const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 8);
const CALLS = 60;

let server: KillableServer;
let key: string;
let account: string;
beforeAll(async () => {
  server = await prepareKillableServer();
  await server.start();
  ({ account, key } = await server.claim());
}, 120_000);
afterAll(() => server.close());

/** Makes an agent without a name of its own: nothing but the key tells a repeat from another one. */
const make = async (idempotencyKey: string): Promise<string> => {
  const headers = { authorization: `Bearer ${key}`, 'idempotency-key': idempotencyKey };
  const client = createTRPCClient<AppRouter>({ links: [httpLink({ url: `${server.url}/trpc`, headers })] });
  return JSON.stringify(await client.products.create.mutate(agentsNamed(account, `Agent ${idempotencyKey}`)));
};

it('a repeat has one effect and the answer of the first call, although the server is killed at any moment between', async () => {
  const all = new Set<string>();
  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const keys = Array.from({ length: CALLS }, (_, i) => `${round}-${i}`);
    const told = new Map<string, string>();
    const first = Promise.allSettled(keys.map(async (one) => told.set(one, await make(one))));
    await pass(randomInt(200));
    await server.kill();
    await first;
    await server.start();
    for (const one of keys) {
      const answer = await make(one);
      expect(answer).toBe(told.get(one) ?? answer);
      all.add(answer);
    }
    answered += told.size;
  }
  expect(all.size).toBe(ROUNDS * CALLS);
  const agents = await clientWithToken(server.url, key).products.list.query({ account, kind: 'agent', limit: 500 });
  expect(agents.rows).toHaveLength(ROUNDS * CALLS);
  // Neither all nor none: some were cut off in the middle.
  expect(answered).toBeLessThan(ROUNDS * CALLS);
}, 600_000);
