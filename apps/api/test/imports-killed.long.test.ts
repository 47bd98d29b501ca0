import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientWithToken } from './support/clients.ts';
import { jobsEnded, passSilence } from './support/jobs.ts';
import { type KillableServer, prepareKillableServer } from './support/killable-server.ts';

/** Accounts that an agent with what it needs comes into: five things each, of which hundreds are done together. */
const TARGETS = 240;
const EACH = 5;

let first: KillableServer;
let second: KillableServer;
beforeAll(async () => {
  first = await prepareKillableServer();
  second = await prepareKillableServer(first);
  await first.start();
});
afterAll(async () => {
  await second.close();
  await first.close();
});

describe('A server that is killed in the middle of an import', () => {
  it('leaves what is done, and nothing by halves: another one goes on, and nothing comes twice (rules/jobs 5, 7)', async () => {
    const { database } = first;
    const { account, key } = await first.claim();
    const client = clientWithToken(first.url, key);
    const accounts = Array.from({ length: TARGETS }, (_, n) => ({ name: `Target ${n}` }));
    const { results } = await client.accounts.createMany.mutate({ account, accounts });
    const targets = results.map((result) => ('id' in result ? result.id : ''));
    const create = async (kind: 'agent' | 'knowledgeBase' | 'schedule', document: object) =>
      (await client.products.create.mutate({ account, kind, products: [{ document: document as never }] })).products[0]!
        .id;
    const bases = [
      await create('knowledgeBase', { name: 'One' }),
      await create('knowledgeBase', { name: 'Two' }),
      await create('knowledgeBase', { name: 'Three' }),
    ];
    const hours = await create('schedule', { name: 'Office hours' });
    const agent = await create('agent', { name: 'Front desk', knowledge: { bases }, callFlow: { hours } });
    const { plan } = await client.imports.plan.mutate({ account, targets, products: [{ product: agent }] });
    const { job } = await client.imports.run.mutate({ account, plan });

    const done = async (): Promise<number> =>
      (await database.asOwner<{ n: number }>(`SELECT done AS n FROM jobs WHERE id = $1`, [job]))[0]?.n ?? 0;
    await vi.waitFor(async () => expect(await done()).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
    await first.kill();
    const before = await done();
    expect(before).toBeLessThan(TARGETS * EACH);
    const copies = `SELECT count(*)::int AS n FROM product_links`;
    expect(await database.asOwner(copies)).toEqual([{ n: before }]);

    await second.start();
    await passSilence(database);
    await jobsEnded(database, 90_000);
    expect(await database.asOwner(`SELECT state, total, done, skipped, failed FROM jobs WHERE id = $1`, [job])).toEqual(
      [{ state: 'succeeded', total: TARGETS * EACH, done: TARGETS * EACH, skipped: 0, failed: 0 }],
    );
    expect(await database.asOwner(copies)).toEqual([{ n: TARGETS * EACH }]);
    const told = `SELECT account_id, target_id FROM journal WHERE kind = 'product.imported' GROUP BY 1, 2 HAVING count(*) > 1`;
    expect(await database.asOwner(told)).toEqual([]);
    const counted = `SELECT a.id FROM accounts a LEFT JOIN resource_totals t ON t.account_id = a.id AND t.resource = 'agents'
      WHERE a.parent_id IS NOT NULL AND (t.own IS DISTINCT FROM 1 OR (SELECT count(*) FROM products p WHERE p.account_id = a.id) <> ${EACH})`;
    expect(await database.asOwner(counted)).toEqual([]);

    // Taking it back is done in parts, too, and goes on in the same way.
    await first.start();
    await second.kill();
    const { job: undoing } = await client.jobs.undo.mutate({ account, job });
    const undone = async (): Promise<number> =>
      (await database.asOwner<{ n: number }>(`SELECT done AS n FROM jobs WHERE id = $1`, [undoing]))[0]?.n ?? 0;
    await vi.waitFor(async () => expect(await undone()).toBeGreaterThan(0), { timeout: 60_000, interval: 5 });
    await first.kill();
    const left = TARGETS * EACH - (await undone());
    expect(left).toBeGreaterThan(0);
    expect(await database.asOwner(copies)).toEqual([{ n: left }]);
    await second.start();
    await database.asOwner(`UPDATE job_workers SET seen_at = seen_at - interval '30 s'`);
    await database.asOwner(`UPDATE graphile_worker._private_jobs SET locked_at = locked_at - interval '30 s'`);
    await jobsEnded(database, 90_000);
    expect(await undone()).toBe(TARGETS * EACH);
    expect(await database.asOwner(copies)).toEqual([{ n: 0 }]);
    const untold = `SELECT account_id, target_id FROM journal WHERE kind = 'product.importUndone' GROUP BY 1, 2 HAVING count(*) > 1`;
    expect(await database.asOwner(untold)).toEqual([]);
    const rest = `SELECT account_id FROM resource_totals WHERE resource = 'agents' AND own > 0 AND account_id = ANY ($1::uuid[])`;
    expect(await database.asOwner(rest, [targets])).toEqual([]);
  }, 360_000);
});
