import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { further } from '../../../scripts/further.ts';
import { isMigrated, MIGRATIONS, migrate } from '../src/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'), { template: 'empty' });
});
afterAll(() => test.drop());

const query = async (text: string, config = test.config): Promise<pg.QueryResultRow[]> => {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};

describe('Migrations', () => {
  it('run forward one by one over a database with data in it and keep the data', async () => {
    const [first, ...later] = Object.keys(MIGRATIONS);
    await migrate(test.config, { to: first! });
    expect(await isMigrated(test.config)).toBe(false);
    await query(`INSERT INTO accounts (id, root_id, path, depth, name, name_key, billing_mode, payer_id, version, created_at)
      SELECT i, i, ARRAY[i], 0, 'Kept', 'kept', 'direct', i, 1, now() FROM (SELECT '018f0000-0000-7000-8000-000000000001'::uuid AS i) x`);
    for (const name of later) {
      if (name === '0054-products')
        await query(`INSERT INTO agents (root_id, account_id, id, name, external_id, created_at)
          SELECT id, id, ('018f0000-0000-7000-8000-00000000010' || n)::uuid, agent, CASE WHEN n = 1 THEN 'ext' END, now() FROM accounts,
            (VALUES (1, 'Avi'), (2, 'AVI'), (3, 'avi'), (4, 'Avi (2)'), (5, 'Straße'), (6, 'STRASSE'), (7, repeat('x', 120)), (8, repeat('x', 120))) a(n, agent)`);
      await migrate(test.config, { to: name });
      if (name === '0002-people')
        await query(`INSERT INTO auth.users (id, name, email) SELECT id, 'Ada', 'ada@example.com' FROM accounts;
          INSERT INTO api_keys SELECT id, id, id, 'Old key', 'tt_key_old', '\\x01', now() FROM accounts;
          INSERT INTO embed_tokens SELECT id, id, id, 'https://portal.example', 'full', 'dana', '\\x02', now(), now() FROM accounts`);
      if (name === '0003-usage')
        await query(
          `INSERT INTO usage_totals SELECT id, 'call.minutes', '2026-11-01Z', 1.5, 1.5, 1, 1, 1 FROM accounts`,
        );
      if (name === '0003-usage')
        await query(`INSERT INTO usage_events (account_id, key, meter, quantity, occurred_at, recorded_at)
          SELECT id, k, 'call.minutes', q, '2026-11-10Z', '2026-11-10Z' FROM accounts, (VALUES ('a', 1.5), ('much', 99999999999999999999)) v(k, q)`);
      if (name === '0004-uncounted-usage')
        await query(`INSERT INTO tree_versions SELECT id, 1 FROM accounts;
          INSERT INTO uncounted_usage SELECT ARRAY[id], 'call.minutes', ARRAY[id, id], '{0.25, 2}', '{2026-11-10Z, 2026-11-11Z}' FROM accounts`);
    }
    expect(await isMigrated(test.config)).toBe(true);
    // Keys from before have all that their owner has, and open screens no more than screens may have.
    expect(await query('SELECT scopes, within, made_by FROM api_keys')).toEqual([
      { scopes: null, within: null, made_by: null },
    ]);
    expect(await query('SELECT features FROM embed_tokens')).toEqual([{ features: ['usage', 'create', 'rename'] }]);
    expect(await query(`SELECT name, children, own_members FROM accounts`)).toEqual([
      { name: 'Kept', children: 0, own_members: 0 },
    ]);
    // Agents with names that others have, too, got a number.
    expect(await query(`SELECT name, kind, external_id, doc, version FROM products ORDER BY id`)).toEqual(
      ['Avi', 'AVI (3)', 'avi (4)', 'Avi (2)', 'Straße', 'STRASSE (2)', 'x'.repeat(120), `${'x'.repeat(116)} (2)`].map(
        (name, n) => ({
          name,
          kind: 'agent',
          external_id: n === 0 ? 'ext' : null,
          doc: { name },
          version: 1,
        }),
      ),
    );
    await query(`SELECT count_tree(id, 'call.seconds', now(), 60, false) FROM accounts`);
    expect(await query('SELECT meter, trim_scale(quantity) AS quantity FROM usage_events ORDER BY key')).toEqual([
      { meter: 'call.seconds', quantity: '90' },
      { meter: 'call.seconds', quantity: '5999999999999999999940' },
    ]);
    // 3.75 minutes, counted in seconds.
    expect(await query('SELECT meter, trim_scale(total) AS total FROM usage_totals')).toEqual([
      { meter: 'call.seconds', total: '225' },
    ]);
  });

  further('can be asked for by several starting servers at once, and again later', async () => {
    const other = await createTestDatabase(inject('database'), { template: 'empty' });
    try {
      await Promise.all([migrate(other.config), migrate(other.config), migrate(other.config)]);
      await migrate(other.config);
      expect(await isMigrated(other.config)).toBe(true);
    } finally {
      await other.drop();
    }
  });

  it('tell the planner again what it was told, where a dump was restored, which has no statistics', async () => {
    const told = `SELECT tablename, attname, n_distinct::text FROM pg_stats WHERE schemaname = 'public' AND attname = ANY ('{root_id,account_id}')
      AND most_common_vals IS NULL ORDER BY 1, 2`;
    const before = await query(told);
    expect(before.length).toBeGreaterThan(25);
    await query(
      `SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited) FROM pg_stats WHERE schemaname = 'public'`,
    );
    expect(await query(told)).toEqual([]);
    await migrate(test.config);
    expect(await query(told)).toEqual(before);
  });

  it('need a role that owns the database, and nothing else when an administrator made the roles', async () => {
    const other = await createTestDatabase(inject('database'), { template: 'empty' });
    const { database } = other.config;
    const owner = `owner_${database}`;
    const config = { ...other.config, user: owner };
    await query(`CREATE ROLE ${owner} LOGIN; ALTER DATABASE ${database} OWNER TO ${owner}`);
    try {
      await expect(migrate(config)).rejects.toThrow(/permission denied .*docs\/operators\.md/);
      await query(`GRANT tenantree_app, tenantree_auth TO ${owner}`);
      await migrate(config);
      expect(await isMigrated(other.serving)).toBe(true);
    } finally {
      await other.drop();
      await query(`DROP ROLE ${owner}`);
    }
  });

  it('leave a database alone that a newer release has used', async () => {
    const other = await createTestDatabase(inject('database'));
    try {
      await query(`INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00Z')`, other.config);
      await expect(migrate(other.config)).rejects.toThrow(/newer release .*9999-later/);
    } finally {
      await other.drop();
    }
  });

  it('keep nothing of a migration that fails', async () => {
    const other = await createTestDatabase(inject('database'), { template: 'empty' });
    const client = new pg.Client(other.config);
    await client.connect();
    try {
      await client.query('CREATE TABLE usage_events (in_the_way int)');
      await expect(migrate(other.config)).rejects.toThrow(/usage_events/);
      expect(await isMigrated(other.config).catch(() => false)).toBe(false);
      await client.query('DROP TABLE usage_events');
      await migrate(other.config);
      expect(await isMigrated(other.config)).toBe(true);
    } finally {
      await client.end();
      await other.drop();
    }
  });
});
