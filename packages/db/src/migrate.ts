import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Pool, withConnection } from './connections.ts';
import type { DatabaseConfig } from './hosts.ts';
import * as accounts from './migrations/0001-accounts.ts';
import * as people from './migrations/0002-people.ts';
import * as usage from './migrations/0003-usage.ts';
import * as uncountedUsage from './migrations/0004-uncounted-usage.ts';
import * as usageFunctions from './migrations/0005-usage-functions.ts';
import * as ownAccount from './migrations/0006-own-account.ts';
import * as boundedCredentials from './migrations/0007-bounded-credentials.ts';
import * as counting from './migrations/0008-counting.ts';
import * as names from './migrations/0009-names.ts';
import * as auditOfTrees from './migrations/0010-audit-of-trees.ts';
import * as suspensionReason from './migrations/0011-suspension-reason.ts';
import * as heldStanding from './migrations/0012-held-standing.ts';
import * as places from './migrations/0013-places.ts';
import * as countedPeople from './migrations/0017-people.ts';
import * as guessLimits from './migrations/0019-guess-limits.ts';
import { DatabaseUnusableError, saying } from './unusable.ts';

/** All migrations, oldest first. They only run forward. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-accounts': accounts,
  '0002-people': people,
  '0003-usage': usage,
  '0004-uncounted-usage': uncountedUsage,
  '0005-usage-functions': usageFunctions,
  '0006-own-account': ownAccount,
  '0007-bounded-credentials': boundedCredentials,
  '0008-counting': counting,
  '0009-names': names,
  '0010-audit-of-trees': auditOfTrees,
  '0011-suspension-reason': suspensionReason,
  '0012-held-standing': heldStanding,
  '0013-places': places,
  '0017-people': countedPeople,
  '0019-guess-limits': guessLimits,
};

const MINIMUM_VERSION = 180000;
const WHAT_A_ROLE_NEEDS =
  'What the role needs, and how an administrator gives it once, is in docs/operators.md under “A PostgreSQL of your own”.';

/**
 * Brings a database up to date. Several starting servers may call it at once: one migrates, the others wait and find nothing to do.
 *
 * @param options.to stop after this migration (for tests of later ones)
 * @throws DatabaseUnusableError when the server can't be reached or is older than PostgreSQL 18, the role may not do what a migration
 * does, or a newer release was here
 * @throws Error when a migration fails (nothing of it is kept)
 */
export async function migrate(config: DatabaseConfig, options: { readonly to?: string } = {}): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: new Pool({ ...config, max: 2 }) }) });
  try {
    await checkVersion(db);
    await checkRelease(db);
    const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
    const { error } = options.to ? await migrator.migrateTo(options.to) : await migrator.migrateToLatest();
    if (error) throw isForbidden(error) ? new DatabaseUnusableError(`${saying(error)}. ${WHAT_A_ROLE_NEEDS}`) : error;
  } finally {
    await db.destroy();
  }
}

async function checkVersion(db: Kysely<unknown>): Promise<void> {
  const version = await sql<{ number: number; name: string }>`
    SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name`
    .execute(db)
    .catch((error: unknown) => {
      throw new DatabaseUnusableError(`The database can’t be reached: ${saying(error)}`);
    });
  const { number, name } = version.rows[0]!;
  if (number < MINIMUM_VERSION)
    throw new DatabaseUnusableError(`PostgreSQL 18 or newer is needed; this server is ${name}.`);
}
async function checkRelease(db: Kysely<unknown>): Promise<void> {
  const table = await sql`SELECT 1 WHERE to_regclass('kysely_migration') IS NOT NULL`.execute(db);
  if (table.rows.length === 0) return;
  const done = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  const foreign = done.rows.find(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  if (foreign !== undefined)
    throw new DatabaseUnusableError(
      `A newer release of Tenantree has used this database (its migration ${foreign.name} is unknown here). Start that release, or restore a backup from before it.`,
    );
}

const isForbidden = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === '42501';

/** Whether every migration of this release has run. */
export const isMigrated = (config: DatabaseConfig): Promise<boolean> =>
  withConnection(config, async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM kysely_migration');
    const done = new Set(rows.map((row) => row.name));
    return Object.keys(MIGRATIONS).every((name) => done.has(name));
  });
