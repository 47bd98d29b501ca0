import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Client, clientWithToken } from './support/clients.ts';
import { type KillableServer, prepareKillableServer } from './support/killable-server.ts';

const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 5);
const CALLERS = 32;
const LEASE_SECONDS = 2;

const servers: KillableServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0).toReversed()) await server.close();
});

async function prepare(beside?: KillableServer): Promise<KillableServer> {
  const server = await prepareKillableServer(beside);
  servers.push(server);
  await server.start();
  return server;
}

/** Counters that are above a maximum, or differ from the leases that are open: there is never one, at no instant. */
const FAULTS = `
  SELECT t.account_id FROM resource_totals t
  LEFT JOIN limits l ON l.account_id = t.account_id AND l.kind = t.resource
  LEFT JOIN (SELECT account_id, sum(n) AS n FROM leases WHERE kind = 'calls' GROUP BY 1) g ON g.account_id = t.account_id
  WHERE t.resource = 'calls' AND (t.total + t.held > l.cap OR t.own <> coalesce(g.n, 0))`;

/** Takes and gives back slots, and forgets one now and then, until it is stopped; how many were granted and refused. */
async function call(client: () => Client, leaves: readonly string[], signal: AbortSignal) {
  const seen = { granted: 0, refused: 0 };
  while (!signal.aborted) {
    const account = leaves[randomInt(leaves.length)]!;
    const key = randomUUID();
    try {
      await client().limits.acquire.mutate({ account, kind: 'calls', want: '1', key, leaseSeconds: LEASE_SECONDS });
      seen.granted += 1;
      await pass(randomInt(60));
      if (randomInt(10) > 0) await client().limits.release.mutate({ account, kind: 'calls', key });
    } catch (error) {
      if (String(error).includes('at the most') || String(error).includes('reached')) seen.refused += 1;
      await pass(10);
    }
  }
  return seen;
}

describe('Limits under load, with a server that is killed and one that freezes (I12, I13)', () => {
  it('are never exceeded at any instant, leave no slot behind after its lease, and leave the journal whole', async () => {
    const first = await prepare();
    const { account: root, key } = await first.claim();
    const second = await prepare(first);
    const [mine, theirs] = [clientWithToken(first.url, key), clientWithToken(second.url, key)];
    const parents: string[] = [];
    for (const name of ['One', 'Two'])
      parents.push((await mine.accounts.create.mutate({ account: root, name })).account.id);
    const leaves: string[] = [];
    for (let n = 0; n < 12; n++) {
      const made = await mine.accounts.create.mutate({ account: parents[n % 2]!, name: `Leaf ${n}` });
      leaves.push(made.account.id);
    }
    const set = (account: string, max: number, reserve = 0) =>
      mine.limits.set.mutate({ account, limits: [{ kind: 'calls', max, ...(reserve > 0 && { reserve }) }] });
    await set(root, 18);
    await set(parents[0]!, 12, 4);
    for (const leaf of leaves) await set(leaf, 3);

    const read = (text: string, values: unknown[] = []) => first.database.asOwner(text, values);
    const stop = new AbortController();
    let readings = 0;
    const watching = (async () => {
      while (!stop.signal.aborted) {
        expect(await read(FAULTS)).toEqual([]);
        readings += 1;
      }
    })();
    const calling = Array.from({ length: CALLERS }, (_, n) => call(() => (n % 2 ? mine : theirs), leaves, stop.signal));
    for (let round = 0; round < ROUNDS; round++) {
      await pass(500 + randomInt(500));
      if (round === 1) {
        second.freeze();
        await pass(1_500);
        second.wake();
      } else {
        await first.kill();
        await first.start();
      }
    }
    stop.abort();
    const seen = await Promise.all(calling);
    await watching;
    expect(seen.reduce((sum, { granted }) => sum + granted, 0)).toBeGreaterThan(CALLERS);
    expect(readings).toBeGreaterThan(20);
    await vi.waitFor(
      async () => {
        const rows = await read(
          `SELECT (SELECT count(*)::int FROM leases) AS leases, (SELECT sum(total)::int FROM resource_totals WHERE resource = 'calls') AS used,
             (SELECT held::int FROM resource_totals WHERE resource = 'calls' AND account_id = $1) AS held`,
          [root],
        );
        expect(rows).toEqual([{ leases: 0, used: 0, held: 4 }]);
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(await mine.audit.verify.query({ account: root })).toMatchObject({ faults: [], next: null });
  }, 600_000);
});
