/**
 * Test files that `npm run test:long` runs once more, with more rounds: they check the same in every run, on fewer trees, inputs or orders.
 */
export const AGAIN = [
  'apps/api/test/hostile.e2e.test.ts',
  'apps/api/test/idempotency.e2e.test.ts',
  'apps/api/test/imports-together.test.ts',
  'apps/api/test/invoice-properties.test.ts',
  'apps/api/test/many-accounts.test.ts',
  'apps/api/test/nasty-inputs.test.ts',
  'apps/api/test/statement-properties.test.ts',
  'apps/api/test/transfer-table.test.ts',
  'packages/db/test/journal.test.ts',
  'packages/db/test/sorting.test.ts',
  'packages/db/test/totals-model.test.ts',
];

/** Whether this is `npm run test:long`. */
export const IS_LONG = process.env['TENANTREE_LONG'] === '1';

/** How many rounds a test of {@link AGAIN} takes: few with every change, many before a release. */
export const rounds = (few: number, many: number): number => (IS_LONG ? many : few);
