import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type pg from 'pg';
import { openPool, withConnection } from './connections.ts';
import * as accounts from './migrations/0001-accounts.ts';
import * as people from './migrations/0002-people.ts';
import * as usage from './migrations/0003-usage.ts';
import * as uncountedUsage from './migrations/0004-uncounted-usage.ts';

/** All migrations, oldest first. They only run forward. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-accounts': accounts,
  '0002-people': people,
  '0003-usage': usage,
  '0004-uncounted-usage': uncountedUsage,
};

const MINIMUM_VERSION = 180000;

/**
 * Brings a database up to date. Several starting servers may call it at once: one migrates, the others wait and find nothing to do.
 *
 * @param options.to stop after this migration (for tests of later ones)
 * @throws Error when the server is older than PostgreSQL 18, or a migration fails (nothing of it is kept)
 */
export async function migrate(config: pg.PoolConfig, options: { readonly to?: string } = {}): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: openPool({ ...config, max: 2 }) }) });
  try {
    const version = await sql<{ v: number }>`SELECT current_setting('server_version_num')::int AS v`.execute(db);
    if ((version.rows[0]?.v ?? 0) < MINIMUM_VERSION) throw new Error('PostgreSQL 18 or newer is needed.');
    const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
    const { error } = options.to ? await migrator.migrateTo(options.to) : await migrator.migrateToLatest();
    if (error) throw error;
  } finally {
    await db.destroy();
  }
}

/** Whether every migration of this release has run. */
export const isMigrated = (config: pg.PoolConfig): Promise<boolean> =>
  withConnection(config, async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM kysely_migration');
    const done = new Set(rows.map((row) => row.name));
    return Object.keys(MIGRATIONS).every((name) => done.has(name));
  });
