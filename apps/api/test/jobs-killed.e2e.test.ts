import { openDatabase } from '@tenantree/db';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { orderErasing } from '../src/accounts/erase-closed.ts';
import { clientWithToken } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { type KillableServer, prepareKillableServer } from './support/killable-server.ts';

const MANY = 120;

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

describe('A server that is killed in the middle of a job', () => {
  it('loses nothing of it and does nothing of it twice: another one goes on when it was silent for half a minute', async () => {
    const { database } = first;
    const { account: root, key } = await first.claim();
    const client = clientWithToken(first.url, key);
    const made: string[] = [];
    for (let n = 0; n < MANY; n += 1) {
      const { account } = await client.accounts.create.mutate({ account: root, name: `Closed ${n}` });
      await client.accounts.close.mutate({ account: account.id });
      made.push(account.id);
    }
    await database.asOwner(`UPDATE accounts SET closed_at = closed_at - interval '1 year' WHERE status = 'closed'`);

    const db = openDatabase(database.serving);
    const settings = { closedRetentionDays: 30, usageMaxAgeDays: 35 } as never;
    const ids = { newId: () => crypto.randomUUID() as never, clock: { nowMs: () => Date.now() }, settings };
    await orderErasing({ db, ...ids });
    const done = async (): Promise<number> =>
      (await database.asOwner<{ n: number }>('SELECT done AS n FROM jobs'))[0]?.n ?? 0;
    await vi.waitFor(async () => expect(await done()).toBeGreaterThan(20), { timeout: 30_000, interval: 5 });
    await first.kill();
    const before = await done();
    expect(before).toBeLessThan(MANY);
    const [worker] = await database.asOwner<{ pool: string }>(
      'SELECT locked_by AS pool FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL',
    );
    expect(worker).toBeDefined();

    await second.start();
    // As long as it may only be slow, nobody takes its work.
    await vi.waitFor(async () => expect(await database.asOwner('SELECT FROM job_workers')).toHaveLength(2), {
      timeout: 10_000,
    });
    expect(await done()).toBe(before);
    // Half a minute goes by.
    await database.asOwner(`UPDATE job_workers SET seen_at = seen_at - interval '30 s' WHERE pool_id = $1`, [
      worker?.pool,
    ]);
    await database.asOwner(`UPDATE graphile_worker._private_jobs SET locked_at = locked_at - interval '30 s'`);
    await vi.waitFor(async () => expect(await done()).toBeGreaterThan(before), { timeout: 15_000, interval: 25 });
    await jobsEnded(database, 30_000);
    expect(await database.asOwner('SELECT state, total, done, skipped, failed FROM jobs')).toEqual([
      { state: 'succeeded', total: MANY, done: MANY, skipped: 0, failed: 0 },
    ]);
    const erased = await database.asOwner<{ target: string }>(
      `SELECT target_id AS target FROM journal WHERE kind = 'account.erased'`,
    );
    expect(erased.map(({ target }) => target).toSorted()).toEqual(made.toSorted());
    expect(await database.asOwner(`SELECT FROM accounts WHERE status = 'closed'`)).toEqual([]);
    await db.close();
  }, 120_000);
});
