import { type DatabaseIntrospector, Kysely, PostgresDialect, sql, type TableMetadata } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Pool, withConnection } from './connections.ts';
import { applyFunctions, doneAs, inTurn, readFunctions } from './functions/apply-functions.ts';
import type { DatabaseConfig } from './hosts.ts';
import { installQueue } from './jobs/queue.ts';
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
import * as usageByMonth from './migrations/0014-usage.ts';
import * as live from './migrations/0015-live.ts';
import * as search from './migrations/0016-search.ts';
import * as countedPeople from './migrations/0017-people.ts';
import * as servingLogin from './migrations/0018-serving-login.ts';
import * as guessLimits from './migrations/0019-guess-limits.ts';
import * as youngTables from './migrations/0020-young-tables.ts';
import * as journal from './migrations/0021-journal.ts';
import * as keptAnswers from './migrations/0022-kept-answers.ts';
import * as jobs from './migrations/0023-jobs.ts';
import * as registries from './migrations/0024-registries.ts';
import * as manyAccounts from './migrations/0025-many-accounts.ts';
import * as foldedQuarters from './migrations/0026-folded-quarters.ts';
import * as carriedEntries from './migrations/0027-carried-entries.ts';
import * as caps from './migrations/0031-caps.ts';
import * as limits from './migrations/0035-limits.ts';
import * as lighterLeases from './migrations/0036-lighter-leases.ts';
import * as bulk from './migrations/0037-bulk.ts';
import * as reachedLimits from './migrations/0038-reached-limits.ts';
import * as billing from './migrations/0040-billing.ts';
import * as invoices from './migrations/0041-invoices.ts';
import * as transfers from './migrations/0042-transfers.ts';
import * as rebilling from './migrations/0043-rebilling.ts';
import * as lighterCounts from './migrations/0044-lighter-counts.ts';
import * as lighterLines from './migrations/0048-lighter-lines.ts';
import * as leavers from './migrations/0049-leavers.ts';
import * as paymentMethods from './migrations/0052-payment-methods.ts';
import * as oneLateRule from './migrations/0053-one-late-rule.ts';
import * as products from './migrations/0054-products.ts';
import * as accountImports from './migrations/0056-account-imports.ts';
import * as lettersTogether from './migrations/0057-letters-together.ts';
import * as imports from './migrations/0059-imports.ts';
import * as blueprints from './migrations/0060-blueprints.ts';
import * as rollouts from './migrations/0065-rollouts.ts';
import * as handedProducts from './migrations/0066-handed-products.ts';
import * as lists from './migrations/0070-lists.ts';
import * as views from './migrations/0071-views.ts';
import * as ownProducts from './migrations/0073-own-products.ts';
import * as ownJobs from './migrations/0076-own-jobs.ts';
import * as retriedJobs from './migrations/0080-retried-jobs.ts';
import * as linksTogether from './migrations/0081-links-together.ts';
import * as setUpRows from './migrations/0082-set-up-rows.ts';
import * as throughProducts from './migrations/0083-through-products.ts';
import * as activity from './migrations/0085-activity.ts';
import * as carriedAtOnce from './migrations/0090-carried-at-once.ts';
import * as planLimits from './migrations/0091-plan-limits.ts';
import * as productDrift from './migrations/0092-product-drift.ts';
import * as countedKeys from './migrations/0093-counted-keys.ts';
import * as jobSubjects from './migrations/0096-job-subjects.ts';
import * as itemSecrets from './migrations/0097-item-secrets.ts';
import * as judgedFiles from './migrations/0098-judged-files.ts';
import * as undoneCaps from './migrations/0100-undone-caps.ts';
import * as presetTakers from './migrations/0101-preset-takers.ts';
import * as toldDepartures from './migrations/0103-told-departures.ts';
import * as calledNumbers from './migrations/0104-called-numbers.ts';
import * as narrowLeases from './migrations/0105-narrow-leases.ts';
import * as lightTransfers from './migrations/0106-light-transfers.ts';
import * as oneSplit from './migrations/0107-one-split.ts';
import * as keptByAccount from './migrations/0108-kept-by-account.ts';
import * as movesAndRemovals from './migrations/0109-moves-and-removals.ts';
import { tellStatistics } from './told-statistics.ts';
import { DatabaseUnusableError, isForbidden, saying, unreachable } from './unusable.ts';

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
  '0014-usage': usageByMonth,
  '0015-live': live,
  '0016-search': search,
  '0017-people': countedPeople,
  '0018-serving-login': servingLogin,
  '0019-guess-limits': guessLimits,
  '0020-young-tables': youngTables,
  '0021-journal': journal,
  '0022-kept-answers': keptAnswers,
  '0023-jobs': jobs,
  '0024-registries': registries,
  '0025-many-accounts': manyAccounts,
  '0026-folded-quarters': foldedQuarters,
  '0027-carried-entries': carriedEntries,
  '0031-caps': caps,
  '0035-limits': limits,
  '0036-lighter-leases': lighterLeases,
  '0037-bulk': bulk,
  '0038-reached-limits': reachedLimits,
  '0040-billing': billing,
  '0041-invoices': invoices,
  '0042-transfers': transfers,
  '0043-rebilling': rebilling,
  '0044-lighter-counts': lighterCounts,
  '0048-lighter-lines': lighterLines,
  '0049-leavers': leavers,
  '0052-payment-methods': paymentMethods,
  '0053-one-late-rule': oneLateRule,
  '0054-products': products,
  '0056-account-imports': accountImports,
  '0057-letters-together': lettersTogether,
  '0059-imports': imports,
  '0060-blueprints': blueprints,
  '0065-rollouts': rollouts,
  '0066-handed-products': handedProducts,
  '0070-lists': lists,
  '0071-views': views,
  '0073-own-products': ownProducts,
  '0076-own-jobs': ownJobs,
  '0080-retried-jobs': retriedJobs,
  '0081-links-together': linksTogether,
  '0082-set-up-rows': setUpRows,
  '0083-through-products': throughProducts,
  '0085-activity': activity,
  '0090-carried-at-once': carriedAtOnce,
  '0091-plan-limits': planLimits,
  '0092-product-drift': productDrift,
  '0093-counted-keys': countedKeys,
  '0096-job-subjects': jobSubjects,
  '0097-item-secrets': itemSecrets,
  '0098-judged-files': judgedFiles,
  '0100-undone-caps': undoneCaps,
  '0101-preset-takers': presetTakers,
  '0103-told-departures': toldDepartures,
  '0104-called-numbers': calledNumbers,
  '0105-narrow-leases': narrowLeases,
  '0106-light-transfers': lightTransfers,
  '0107-one-split': oneSplit,
  '0108-kept-by-account': keptByAccount,
  '0109-moves-and-removals': movesAndRemovals,
};

const MINIMUM_VERSION = 180000;
/** The routine of PostgreSQL that a RAISE in a migration comes from. */
const SAID_BY_RAISE = 'exec_stmt_raise';
const WHAT_A_ROLE_NEEDS =
  'What the role needs, and how an administrator gives it once, is in docs/operators.md under “A PostgreSQL of your own”.';

/** How far a migration is. */
export type MigrationProgress = {
  readonly migration: string;
  /** `begins` (in a new database, where each takes no time, it is not told), what it says itself of a step that takes its time (RAISE NOTICE, with how much is done), and `done` when all took long. */
  readonly step: string;
  /** Since it began (ms). */
  readonly elapsedMs: number;
};

type MigrateOptions = {
  /** Stop after this migration (for tests of later ones). */
  readonly to?: string;
  readonly onProgress?: (progress: MigrationProgress) => void;
};

/** A migration that took longer than this is said to be done (ms). */
const LONG_MS = 1_000;

/**
 * A PostgreSQL that knows of no tables but the migrator's own. Before each step that asks twice whether they are there, and to list all
 * tables with all their columns takes longer than most steps.
 */
class MigratorsDialect extends PostgresDialect {
  override createIntrospector(db: Parameters<PostgresDialect['createIntrospector']>[0]): DatabaseIntrospector {
    const getTables = async (): Promise<TableMetadata[]> => {
      const { rows } = await sql<TableMetadata>`
        SELECT tablename AS name, schemaname AS schema, false AS "isView", '[]'::jsonb AS columns
        FROM pg_tables WHERE tablename LIKE 'kysely\\_%'`.execute(db);
      return rows;
    };
    return Object.assign(super.createIntrospector(db), { getTables });
  }
}

/**
 * Brings a database up to date. Several starting servers may call it at once: one migrates, the others wait and find nothing to do.
 * Each migration is one transaction: whoever is cut off in the middle of one begins with that one the next time. After the last one
 * those functions are applied again that have changed (functions/README.md), and the planner is told of tables that it wasn't told of.
 *
 * @throws DatabaseUnusableError when the server can't be reached or is older than PostgreSQL 18, the role may not do what a migration
 * does, or a newer release was here
 * @throws Error when a migration fails (nothing of it is kept)
 */
export async function migrate(config: DatabaseConfig, { to, onProgress }: MigrateOptions = {}): Promise<void> {
  const pool = new Pool({ ...config, max: 2 });
  let isNew = false;
  const migrations = observed(MIGRATIONS, pool, (progress) => {
    if (!isNew || progress.step !== 'begins') onProgress?.(progress);
  });
  const db = new Kysely<unknown>({ dialect: new MigratorsDialect({ pool }) });
  try {
    await checkVersion(db);
    isNew = await checkRelease(db);
    // Before ours, which refer to it: whoever sees that ours are done knows that it is there.
    await installQueue(pool).catch((error: unknown) => {
      throw orForbidden(error);
    });
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const step = async (): Promise<string | undefined> => {
      // One step, not all: all of them would be one transaction.
      const { error, results = [] } = await migrator.migrateUp();
      if (error) throw orForbidden(error);
      return results[0]?.migrationName;
    };
    let last = await step();
    while (last !== undefined && last !== to) last = await step();
    if (last !== undefined && last !== Object.keys(migrations).at(-1)) return;
    await applyFunctions(db, await readFunctions())
      .then(() => inTurn(db, tellStatistics))
      .catch((error: unknown) => {
        throw orForbidden(error);
      });
  } finally {
    await db.destroy();
  }
}

const orForbidden = (error: unknown): unknown =>
  isForbidden(error) ? new DatabaseUnusableError(`${saying(error)}. ${WHAT_A_ROLE_NEEDS}`) : error;

/** Migrations that tell how far they are, in their own words and by those of the connections they run on. */
function observed(
  migrations: Record<string, Migration>,
  pool: Pool,
  onProgress: (progress: MigrationProgress) => void,
): Record<string, Migration> {
  let running: { readonly migration: string; readonly startedMs: number } | null = null;
  const tell = (step: string): void => {
    if (running)
      onProgress({ migration: running.migration, step, elapsedMs: Math.round(performance.now() - running.startedMs) });
  };
  pool.on('connect', (client) => {
    client.on('notice', ({ routine, message }) => {
      // PostgreSQL has notices of its own about what it skips and cuts.
      if (routine === SAID_BY_RAISE && message !== undefined) tell(message);
    });
  });
  const observe = ([migration, forward]: [string, Migration]): [string, Migration] => [
    migration,
    {
      up: async (db) => {
        running = { migration, startedMs: performance.now() };
        tell('begins');
        await forward.up(db);
        if (performance.now() - running.startedMs > LONG_MS) tell('done');
        running = null;
      },
    },
  ];
  return Object.fromEntries(Object.entries(migrations).map(observe));
}

async function checkVersion(db: Kysely<unknown>): Promise<void> {
  const version = await sql<{ number: number; name: string }>`
    SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name`
    .execute(db)
    .catch((error: unknown) => {
      throw unreachable(error);
    });
  const { number, name } = version.rows[0]!;
  if (number < MINIMUM_VERSION)
    throw new DatabaseUnusableError(`PostgreSQL 18 or newer is needed; this server is ${name}.`);
}
/** Whether nothing was ever migrated here. */
async function checkRelease(db: Kysely<unknown>): Promise<boolean> {
  const table = await sql`SELECT 1 WHERE to_regclass('kysely_migration') IS NOT NULL`.execute(db);
  if (table.rows.length === 0) return true;
  const done = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
  const foreign = done.rows.find(({ name }) => !Object.hasOwn(MIGRATIONS, name));
  if (foreign !== undefined)
    throw new DatabaseUnusableError(
      `A newer release of Tenantree has used this database (its migration ${foreign.name} is unknown here). Start that release, or restore a backup from before it.`,
    );
  return false;
}

/** Whether every migration of this release has run, and its functions are the database's. Any login that serves may ask. */
export const isMigrated = (config: DatabaseConfig): Promise<boolean> =>
  withConnection(config, async (client) => {
    const door = await client.query("SELECT FROM pg_proc WHERE oid = to_regproc('public.migrations_done')");
    if (door.rowCount === 0) return false;
    const { rows } = await client.query<{ name: string }>('SELECT * FROM public.migrations_done() AS done(name)');
    const done = new Set(rows.map((row) => row.name));
    const wanted = [...Object.keys(MIGRATIONS), ...(await readFunctions()).map(doneAs)];
    return wanted.every((name) => done.has(name));
  });
