import type { AccountId, Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readSeries } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { event, NOVEMBER_10, plant, record, ticking } from './tenants.ts';

let test: TestDatabase;
let ours: AccountId;
let child: AccountId;
let foreign: AccountId;

beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
  const now = ticking(NOVEMBER_10);
  ours = await plant(test.db, null, 'Ours', now());
  child = await plant(test.db, ours, 'Child', now());
  foreign = await plant(test.db, null, 'Foreign', now());
  await record(test.db, [event(child, 'a', '1', now()), event(foreign, 'b', '2', now())], now());
});
afterAll(() => test.drop());

const owner = async <T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> => {
  const client = new pg.Client(test.config);
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
};

describe('Row-level security alone (I5)', () => {
  it('is on for every table that the application may read', async () => {
    const open = await owner<{ name: string }>(
      `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname IN ('public', 'auth') AND NOT c.relrowsecurity AND c.relname NOT LIKE 'kysely_%'`,
    );
    expect(open).toEqual([]);
  });

  it('can not be bypassed by the role of the application, which owns nothing', async () => {
    const roles = await owner<{ bypass: boolean; owns: string }>(
      `SELECT rolsuper OR rolbypassrls AS bypass, (SELECT count(*) FROM pg_class WHERE relowner = r.oid) AS owns
       FROM pg_roles r WHERE rolname IN ('tenantree_app', 'tenantree_auth')`,
    );
    expect(roles).toEqual([
      { bypass: false, owns: '0' },
      { bypass: false, owns: '0' },
    ]);
    const { rows } = await test.db.pool
      .query<{ role: string }>('RESET ROLE; SELECT current_user AS role')
      .then((r) => (Array.isArray(r) ? r[1] : r));
    expect(rows).toEqual([{ role: 'tenantree_app' }]);
  });

  it('shows no row of any tenant table without an acting account', async () => {
    const tables = await owner<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely_%'`,
    );
    for (const { name } of tables) {
      const seen = await test.db.pool.query(`SELECT * FROM ${name}`).then(
        (result) => result.rows,
        (error: Error) => (error.message.includes('permission denied') ? [] : [error]),
      );
      expect(seen, name).toEqual([]);
    }
  });

  it('shows a parent its subtree and a child only itself, whatever the query asks for', async () => {
    const names = (account: AccountId) =>
      test.db.withTenant(account, async (trx) =>
        (await trx.selectFrom('accounts').select('name').orderBy('name').execute()).map((row) => row.name),
      );
    expect(await names(ours)).toEqual(['Child', 'Ours']);
    expect(await names(child)).toEqual(['Child']);
  });

  it('shows nobody events and roll-ups but through doors, which ask whose they are', async () => {
    for (const table of ['usage_events', 'usage_quarters', 'usage_months']) {
      const read = test.db.withTenant(ours, (trx) => sql`SELECT * FROM ${sql.table(table)}`.execute(trx));
      await expect(read, table).rejects.toThrow(/permission denied/);
    }
    const from = '2026-11-01T00:00:00Z' as Instant;
    const month = { meter: 'call.minutes', from, to: '2026-12-01T00:00:00Z' as Instant, bucket: 'month' } as const;
    const seen = (acting: AccountId, account: AccountId) =>
      test.db.withTenant(acting, async (trx) => {
        const points = await readSeries(trx, { ...month, account, timeZone: 'UTC', scope: 'total', by: 'none' });
        return points.map(({ quantity }) => quantity);
      });
    expect([await seen(ours, ours), await seen(ours, child), await seen(child, child)]).toEqual([['1'], ['1'], ['1']]);
    expect([await seen(child, ours), await seen(foreign, ours), await seen(ours, foreign)]).toEqual([[], [], []]);
  });

  it('lets nobody write outside the acting account', async () => {
    await test.db.withTenant(child, (trx) =>
      trx.updateTable('accounts').set({ name: 'taken' }).where('id', '=', ours).execute(),
    );
    await test.db.withTenant(ours, (trx) =>
      trx.updateTable('accounts').set({ name: 'taken' }).where('id', '=', foreign).execute(),
    );
    expect(await owner(`SELECT name FROM accounts WHERE name = 'taken'`)).toEqual([]);
    const forged = test.db.withTenant(ours, (trx) =>
      sql`INSERT INTO audit_log (account_id, id, at, action, actor_kind, actor_name)
      VALUES (${foreign}, ${foreign}, now(), 'x', 'system', 'x')`.execute(trx),
    );
    await expect(forged).rejects.toThrow(/row-level security/);
  });

  it('forgets the acting account with its transaction', async () => {
    await test.db.withTenant(ours, (trx) => trx.selectFrom('accounts').select('id').execute());
    const seen = await Promise.all(
      Array.from({ length: 20 }, () => test.db.app.selectFrom('accounts').select('id').execute()),
    );
    expect(seen.flat()).toEqual([]);
  });

  it('keeps the application from changing what is recorded', async () => {
    for (const statement of [
      'DELETE FROM audit_log',
      `UPDATE audit_log SET action = 'x'`,
      'DELETE FROM usage_events',
      'UPDATE usage_totals SET own = 0',
    ]) {
      await expect(test.db.pool.query(statement), statement).rejects.toThrow(/permission denied/);
    }
  });

  it('shows the sign-in role no tenant data and the application no password or session', async () => {
    const asAuth = sql`SELECT * FROM public.accounts`.execute(test.db.auth);
    await expect(asAuth).rejects.toThrow(/permission denied/);
    await expect(test.db.pool.query('SELECT password FROM auth.credentials')).rejects.toThrow(/permission denied/);
    await expect(test.db.pool.query('SELECT token FROM auth.sessions')).rejects.toThrow(/permission denied/);
  });
});
