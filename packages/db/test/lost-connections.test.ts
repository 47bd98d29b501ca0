import { Socket } from 'node:net';
import type { AccountId } from '@tenantree/domain';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { beginTreeChange, openDatabase } from '../src/index.ts';
import { isMigrated, type MigrationProgress, migrate } from '../src/migrate.ts';
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

  it('fails the migration that ran on it, which said where it was and begins there the next time', async () => {
    const inTheWay = new pg.Client(test.config);
    await inTheWay.connect();
    // Reports a step after each table, as a migration with much to do does.
    await admin.query(`CREATE FUNCTION say_step() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE NOTICE '% made', (SELECT string_agg(DISTINCT object_identity, ', ') FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table'); END $$;
      CREATE EVENT TRIGGER say_step ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION say_step()`);
    await inTheWay.query('BEGIN; CREATE TABLE usage_totals (in_the_way int)');
    const first: MigrationProgress[] = [];
    const waiting = migrate(test.config, { onProgress: (progress) => first.push(progress) }).catch(
      (error: unknown) => error,
    );
    await expect.poll(async () => (await admin.query(`SELECT 1 ${WAITING}`)).rowCount, { timeout: 10_000 }).toBe(1);
    expect(first.at(-1)).toMatchObject({ migration: '0003-usage', step: 'public.usage_events made' });
    // In a new database each takes no time: what merely begins is not told.
    expect(first.map(({ step }) => step)).not.toContain('begins');
    // Only the one that waits: were the other to go first, the migration could finish before its own turn came.
    await endConnections(WAITING);
    expect(await waiting).toBeInstanceOf(Error);
    await inTheWay.end();
    const second: MigrationProgress[] = [];
    await migrate(test.config, { onProgress: (progress) => second.push(progress) });
    expect(second[0]).toMatchObject({ migration: '0003-usage', step: 'begins' });
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

describe('A connection on which nothing comes back', () => {
  it('is given up with the question how the database is, and who asks next gets another', async () => {
    const lines: Socket[] = [];
    const stream = (): Socket => {
      const line = new Socket();
      lines.push(line);
      return line;
    };
    const db = openDatabase({ ...test.serving, stream });
    await db.ping();
    const line = lines[0]!;
    const before = line.bytesWritten;
    line.pause();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = expect(db.ping()).rejects.toThrow('Query read timeout');
    await vi.waitFor(() => expect(line.bytesWritten).toBeGreaterThan(before));
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    await asked;
    await db.ping();
    expect(lines).toHaveLength(2);
    await db.close();
  });
});
