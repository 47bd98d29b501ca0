import type { AccountId } from '@tenantree/domain';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { beginTreeChange } from '../src/index.ts';
import { isMigrated, migrate } from '../src/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';

const ANY_ACCOUNT = '018f0000-0000-7000-8000-000000000001' as AccountId;

let test: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'), { template: 'empty' });
  admin = new pg.Client(test.config);
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await test.drop();
});

const OTHERS = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
const WAITING = `${OTHERS} AND wait_event_type = 'Lock'`;

/** Ends connections as a restart of the server does: by default every other one to the database. */
const endConnections = (which = OTHERS): Promise<unknown> =>
  admin.query(`SELECT pg_terminate_backend(pid, 5000) ${which}`);

// An error event that nobody listens to would end the process: the run reports it as an error of its own.
describe('A connection that the server ends', () => {
  it('fails the transaction it served, between two statements, and the next one gets another', async () => {
    const work = test.db.withTenant(ANY_ACCOUNT, async (trx) => {
      await endConnections();
      await sql`SELECT 1`.execute(trx);
    });
    await expect(work).rejects.toThrow();
    await expect(test.db.ping()).resolves.toBeUndefined();
  });

  it('fails the migration that ran on it, which can be run again', async () => {
    const inTheWay = new pg.Client(test.config);
    await inTheWay.connect();
    await inTheWay.query('BEGIN; CREATE TABLE usage_events (in_the_way int)');
    const waiting = migrate(test.config).catch((error: unknown) => error);
    await expect.poll(async () => (await admin.query(`SELECT 1 ${WAITING}`)).rowCount, { timeout: 10_000 }).toBe(1);
    // Only the one that waits: were the other to go first, the migration could finish before its own turn came.
    await endConnections(WAITING);
    expect(await waiting).toBeInstanceOf(Error);
    await inTheWay.end();
    await migrate(test.config);
    expect(await isMigrated(test.config)).toBe(true);
  });
});

describe('A server that freezes in the middle of a change', () => {
  it('keeps the tree from the others for seconds only, and changed nothing when it wakes', async () => {
    const woken = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const frozen = test.db.withTenant(ANY_ACCOUNT, async (trx) => {
      await beginTreeChange(trx, ANY_ACCOUNT);
      began.resolve();
      await woken.promise;
      await sql`SELECT 1`.execute(trx);
    });
    const outcome = expect(frozen).rejects.toThrow();
    await began.promise;
    const next = await test.db.withTenant(ANY_ACCOUNT, (trx) => beginTreeChange(trx, ANY_ACCOUNT));
    woken.resolve();
    await outcome;
    expect(next).toBe(1);
  });
});
