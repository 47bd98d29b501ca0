import { type Database, openDatabase } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { further } from '../../../scripts/further.ts';
import { rounds } from '../../../scripts/rounds.ts';
import { orderErasing } from '../src/accounts/erase-closed.ts';
import { createChanges } from '../src/hall/change.ts';
import { enqueue, THE_SYSTEM } from '../src/jobs/enqueue.ts';
import { clientWithToken } from './support/clients.ts';
import { DEADLY_ATTEMPTS, deadlyJob } from './support/deadly-job.ts';
import { jobsEnded, passSilence } from './support/jobs.ts';
import { type KillableServer, type Program, prepareKillableServer } from './support/killable-server.ts';

const MANY = rounds(60, 120);

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

/** What it takes to ask for a job without a server. */
function hallOver(db: Database) {
  const newId = <Id extends string>(): Id => crypto.randomUUID() as string as Id;
  const parts = { db, newId, clock: { nowMs: () => Date.now() } };
  return { ...parts, ...createChanges({ ...parts, happened: () => undefined }) };
}

describe('A server that is killed in the middle of a job', () => {
  it('loses nothing of it and does nothing of it twice: another one goes on when it was silent for half a minute', async () => {
    const { database } = first;
    const { account: root, key } = await first.claim();
    const client = clientWithToken(first.url, key);
    const accounts = Array.from({ length: MANY }, (_, n) => ({ name: `Closed ${n}` }));
    const { results } = await client.accounts.createMany.mutate({ account: root, accounts });
    const made = results.map((result) => ('id' in result ? result.id : ''));
    for (const account of made) await client.accounts.close.mutate({ account });
    await database.asOwner(`UPDATE accounts SET closed_at = closed_at - interval '1 year' WHERE status = 'closed'`);

    const db = openDatabase(database.serving);
    const settings = { closedRetentionDays: 30, usageMaxAgeDays: 35, closingGraceMs: 43_200_000 } as never;
    await orderErasing({ ...hallOver(db), settings });
    const done = async (): Promise<number> =>
      (await database.asOwner<{ n: number }>('SELECT done AS n FROM jobs'))[0]?.n ?? 0;
    await vi.waitFor(async () => expect(await done()).toBeGreaterThan(MANY / 6), { timeout: 30_000, interval: 5 });
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
    await passSilence(database, worker?.pool);
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

further(
  'An item that kills each server that tries it is given up after its attempts; it holds up none of the others, and the job ends',
  async () => {
    const { database } = first;
    await second.kill();
    const [main] = await database.asOwner<{ id: AccountId }>('SELECT id FROM accounts WHERE parent_id IS NULL');
    const account = main!.id;
    const db = openDatabase(database.serving);
    const hall = hallOver(db);
    const items = [true, false, false, false].map((isDeadly) => ({ payload: { isDeadly } }));
    await hall.change(THE_SYSTEM, { root: account, acting: account }, (change) =>
      enqueue(hall, change, deadlyJob, { by: THE_SYSTEM, account, items }),
    );
    const start = () => first.run('apps/api/test/support/deadly-server.ts', [database.serving.user ?? '']);
    const stateOf = async () =>
      (await database.asOwner(`SELECT state, done, failed FROM jobs WHERE kind = $1`, [deadlyJob.name]))[0];
    /** Lets the minute go by that an attempt which failed waits. */
    const wait = async (): Promise<void> => {
      await database.asOwner(`UPDATE job_items SET due_at = due_at - interval '60 s' WHERE state = 'pending'`);
      await database.asOwner(`UPDATE graphile_worker._private_jobs SET run_at = run_at - interval '60 s'`);
    };

    const dies = async (server: Program): Promise<void> => {
      await server.exit;
      expect(server.child.signalCode, server.output()).toBe('SIGKILL');
      await passSilence(first.database);
    };

    await dies(start());
    const other = start();
    await vi.waitFor(async () => expect(await stateOf()).toEqual({ state: 'running', done: 3, failed: 0 }), {
      timeout: 20_000,
      interval: 50,
    });
    await wait();
    await dies(other);
    await wait();
    await dies(start());
    const last = start();
    await jobsEnded(database, 20_000);
    expect(await stateOf()).toEqual({ state: 'partly', done: 3, failed: 1 });
    expect(last.child.exitCode ?? last.child.signalCode).toBeNull();
    const found = `SELECT n, state, attempts, error ->> 'code' AS code FROM job_items i WHERE job_id = (SELECT id FROM jobs WHERE kind = $1)`;
    expect(await database.asOwner(`${found} ORDER BY n LIMIT 2`, [deadlyJob.name])).toEqual([
      { n: 1, state: 'failed', attempts: DEADLY_ATTEMPTS, code: 'INTERNAL' },
      { n: 2, state: 'done', attempts: 1, code: null },
    ]);
    await db.close();
  },
);
