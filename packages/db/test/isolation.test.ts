import type { AccountId, Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { beginTreeChange, readSeries } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { ended, event, freshId, NOVEMBER_10, plant, record, ticking } from './tenants.ts';

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

describe('Row-level security alone (I5)', () => {
  it('is on for every table that the application may read', async () => {
    const open = await test.asOwner<{ name: string }>(
      `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname IN ('public', 'auth') AND NOT c.relrowsecurity AND c.relname NOT LIKE 'kysely_%'`,
    );
    expect(open).toEqual([]);
  });

  it('can not be bypassed by the roles of the application, which own nothing, nor by who serves, who becomes nothing else', async () => {
    const roles = await test.asOwner<{ higher: boolean; owns: string }>(
      `SELECT rolsuper OR rolbypassrls OR rolcreaterole AS higher, (SELECT count(*) FROM pg_class WHERE relowner = r.oid) AS owns
       FROM pg_roles r WHERE rolname IN ('tenantree_app', 'tenantree_auth', 'tenantree_serve', $1)`,
      [test.serving.user],
    );
    expect(roles).toEqual(Array.from({ length: 4 }, () => ({ higher: false, owns: '0' })));
    const others = await test.asOwner<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    const becomes: string[] = [];
    for (const { name } of others) {
      const changed = test.db.pool.query(`BEGIN; SET LOCAL ROLE ${name}; ROLLBACK`);
      await changed.then(
        () => becomes.push(name),
        (error: Error) => expect(error.message).toMatch(/permission denied to set role/),
      );
    }
    expect(becomes.toSorted()).toEqual(['tenantree_app', 'tenantree_auth', test.serving.user]);
  });

  it('lets who serves call these doors outside a transaction, and none besides', async () => {
    const doors = await test.asOwner<{ name: string }>(
      `SELECT proname AS name FROM pg_proc WHERE prosecdef AND has_function_privilege($1::name, oid, 'EXECUTE') ORDER BY proname`,
      [test.serving.user],
    );
    expect(doors.map(({ name }) => name)).toEqual([
      'account_chain',
      'account_chains',
      'account_places',
      'accounts_by_external_id',
      'accounts_to_erase',
      'admit',
      'api_key_by_hash',
      'append_traces',
      'count_tree',
      'embed_origins_of',
      'embed_token_by_hash',
      'end_overdue_leases',
      'entrances_of',
      'erase_expired_embed_tokens',
      'find_kept_answer',
      'find_repeats',
      'fold_quarters',
      'forget_account_imports',
      'forget_jobs',
      'forget_kept_answers',
      'forget_presets',
      'forget_product_versions',
      'forget_tree_changes',
      'heads_of',
      'index_names',
      'invitation_by_hash',
      'is_claimed',
      'issue_waiting',
      'job_backlog',
      'journal_after',
      'keep_answer',
      'keep_months',
      'key_in_tree_of',
      'limits_to_begin',
      'memberships_on',
      'migrations_done',
      'name_number',
      'offer_claim',
      'owns_main_account',
      'payer_of_payment',
      'payers_due',
      'places_in_tree',
      'plans_to_follow',
      'record_usage',
      'refill_sort',
      'renew_lease',
      'servers_seen',
      'session_by_token',
      'settle_sort',
      'statements_due',
      'store_plans',
      'tend_jobs',
      'touch_api_key',
      'transfer_by_hash',
      'transfer_of_payment',
      'transfers_due',
      'tree_of',
      'trees_to_sort',
      'uncounted_trees',
    ]);
  });

  it('is left by nobody in the middle of a transaction of a tenant: outside it no table is seen', async () => {
    const left = test.db.withTenant(ours, async (trx) => {
      await sql`RESET ROLE`.execute(trx);
      return trx.selectFrom('accounts').select('id').execute();
    });
    await expect(left).rejects.toThrow(/permission denied for table accounts/);
  });

  it('shows no table outside a transaction, and no row of any in one without an acting account', async () => {
    const tables = await test.asOwner<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'auth')`,
    );
    // The pool would make a connection anew for each that is refused something.
    const client = await test.db.pool.connect();
    try {
      for (const { name } of tables) {
        await expect(client.query(`SELECT FROM ${name}`), name).rejects.toThrow(/permission denied/);
        await client.query('BEGIN; SET LOCAL ROLE tenantree_app');
        const rows = await client.query(`TABLE ${name}`).then(
          (seen): unknown[] => seen.rows,
          (error: Error) => (error.message.includes('permission denied') ? [] : [error]),
        );
        expect(rows, name).toEqual([]);
        await client.query('ROLLBACK');
      }
    } finally {
      client.release();
    }
  });

  it('has to be in force for a transaction to begin as an account', async () => {
    const begun = test.db.pool.query(`BEGIN; SELECT public.act_as('${ours}', NULL)`);
    await expect(begun).rejects.toThrow(/permission denied for function act_as/);
    const asOwner = test.asOwner(`BEGIN; SELECT public.act_as('${ours}', NULL)`);
    await expect(asOwner).rejects.toThrow(/row-level security is not in force for postgres/);
    const work = vi.fn(async () => undefined);
    // A connection that is open already, and was in order.
    await test.db.ping();
    await test.asOwner('ALTER TABLE accounts DISABLE ROW LEVEL SECURITY');
    try {
      await expect(test.db.withTenant(ours, work)).rejects.toMatchObject({ code: '57000' });
      await expect(test.db.ping()).rejects.toThrow(/row-level security is off for public\.accounts/);
    } finally {
      await test.asOwner('ALTER TABLE accounts ENABLE ROW LEVEL SECURITY');
    }
    expect(work).not.toHaveBeenCalled();
    await expect(test.db.withTenant(ours, async () => 'bound')).resolves.toBe('bound');
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
    expect(await test.asOwner(`SELECT name FROM accounts WHERE name = 'taken'`)).toEqual([]);
    const forged = (acting: AccountId, account: AccountId) =>
      test.db.withTenant(acting, async (trx) =>
        ended(trx, ours, await beginTreeChange(trx, ours), account, { shows: [] }),
      );
    await expect(forged(ours, foreign)).rejects.toThrow(/outside the subtree of the acting one/);
    await expect(forged(child, ours)).rejects.toThrow(/outside the subtree of the acting one/);
    const stranger = test.db.withTenant(ours, (trx) => ended(trx, foreign, 1, foreign, { shows: [] }));
    await expect(stranger).rejects.toThrow(/not that of the acting account/);
    const claims = { root_id: foreign, path_key: '\\x', seq: 1, version: 1, shows: [foreign], is_moved: true };
    const said = {
      id: freshId(),
      at: '2026-11-23T12:00:00Z',
      kind: 'account.renamed',
      actor_kind: 'system',
      actor_name: 'Nobody',
      details: {},
    };
    const rows = [said, { ...said, id: freshId() }].map((row) => ({ ...claims, ...row, account_id: child }));
    await test.db.withTenant(child, async (trx) => {
      const version = await beginTreeChange(trx, ours);
      await sql`SELECT end_change(${ours}, ${version}, '{}', false, ${JSON.stringify(rows)}::jsonb)`.execute(trx);
    });
    const written = `SELECT root_id, path_key = uuid_send(account_id) AS placed, shows, is_moved FROM journal WHERE actor_name = 'Nobody'`;
    const asItIs = { root_id: ours, placed: true, shows: [], is_moved: false };
    expect(await test.asOwner(written)).toEqual([asItIs, asItIs]);
  });

  it('forgets the acting account, the role and all that was set with its transaction', async () => {
    await test.db.withTenant(ours, (trx) => trx.selectFrom('accounts').select('id').execute());
    await sql`SELECT 1`.execute(test.db.auth);
    const state = `SELECT current_user AS role, coalesce(current_setting('tenantree.account', true), '') AS account,
      current_setting('search_path') AS path, current_setting('lock_timeout') AS lock`;
    const seen = await Promise.all(Array.from({ length: 20 }, () => test.db.pool.query(state)));
    const nothing = { role: test.serving.user, account: '', path: '"$user", public', lock: '0' };
    expect(seen.flatMap(({ rows }) => rows)).toEqual(seen.map(() => nothing));
  });

  it('keeps the application from changing what is recorded', async () => {
    for (const statement of [
      'DELETE FROM journal',
      `UPDATE journal SET kind = 'x'`,
      'INSERT INTO journal SELECT * FROM journal',
      'UPDATE journal_heads SET seq = 0',
      'DELETE FROM tree_changes',
      'DELETE FROM usage_events',
      'UPDATE usage_totals SET own = 0',
    ]) {
      const done = test.db.withTenant(ours, (trx) => sql.raw(statement).execute(trx));
      await expect(done, statement).rejects.toThrow(/permission denied/);
    }
  });

  it('shows the sign-in role no tenant data and the application no password or session', async () => {
    const asAuth = sql`SELECT * FROM public.accounts`.execute(test.db.auth);
    await expect(asAuth).rejects.toThrow(/permission denied/);
    for (const secrets of ['SELECT password FROM auth.credentials', 'SELECT token FROM auth.sessions']) {
      const read = test.db.withTenant(ours, (trx) => sql.raw(secrets).execute(trx));
      await expect(read).rejects.toThrow(/permission denied/);
    }
  });
});
