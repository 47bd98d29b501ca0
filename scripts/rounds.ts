/**
 * Test files that `npm run test:long` runs once more, with more rounds: they check the same in every run, on fewer trees, inputs or orders.
 */
export const AGAIN = [
  'apps/api/test/failover.test.ts',
  'apps/api/test/imports-together.test.ts',
  'apps/api/test/invoice-properties.test.ts',
  'apps/api/test/jobs-killed.e2e.test.ts',
  'apps/api/test/jobs.test.ts',
  'apps/api/test/many-accounts.test.ts',
  'apps/api/test/nasty-inputs.test.ts',
  'apps/api/test/server-starting.test.ts',
  'apps/api/test/server-stopping.test.ts',
  'apps/api/test/statement-properties.test.ts',
  'apps/api/test/transfer-table.test.ts',
  'apps/web/test/e2e/blueprints.e2e.test.ts',
  'apps/web/test/e2e/imports.e2e.test.ts',
  'apps/web/test/e2e/lasting.e2e.test.ts',
  'apps/web/test/e2e/looks.e2e.test.ts',
  'apps/web/test/e2e/money.e2e.test.ts',
  'apps/web/test/e2e/payments.e2e.test.ts',
  'apps/web/test/e2e/permissions.e2e.test.ts',
  'apps/web/test/e2e/screens.e2e.test.ts',
  'apps/web/test/e2e/statements.e2e.test.ts',
  'apps/web/test/e2e/trouble.e2e.test.ts',
  'examples/portal/test/portal.e2e.test.ts',
  'packages/client/test/several-servers.e2e.test.ts',
  'packages/db/test/blueprints.test.ts',
  'packages/db/test/journal.test.ts',
  'packages/db/test/limits.test.ts',
  'packages/db/test/lists.test.ts',
  'packages/db/test/migrate.test.ts',
  'packages/db/test/names.test.ts',
  'packages/db/test/search.test.ts',
  'packages/db/test/sorting.test.ts',
  'packages/db/test/totals-model.test.ts',
  'packages/db/test/young.test.ts',
  'scripts/outside/client.e2e.test.ts',
];

/** The same of those that run in a browser. */
export const AGAIN_IN_A_BROWSER = [
  'packages/widget/test/activity.test.ts',
  'packages/widget/test/axe.test.ts',
  'packages/widget/test/billing.test.ts',
  'packages/widget/test/copies.test.ts',
  'packages/widget/test/imports.test.ts',
  'packages/widget/test/limits.test.ts',
  'packages/widget/test/looks.test.ts',
  'packages/widget/test/permissions.test.ts',
  'packages/widget/test/products.test.ts',
];

/** Whether this is `npm run test:long`. */
export const IS_LONG = process.env['TENANTREE_LONG'] === '1';

/** How many rounds a test of {@link AGAIN} takes, or which cases: few with every change, many before a release. */
export const rounds = <T>(few: T, many: T): T => (IS_LONG ? many : few);
