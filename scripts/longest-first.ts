import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { root } from './launch.mjs';

/**
 * The test files that take longest, longest first. Vitest begins with files that have many lines, as long as it has seen no run: what is short
 * to read and long to wait for would come last, with all other workers idle.
 */
const LONGEST = [
  'apps/api/test/isolation-walk.test.ts',
  'apps/api/test/server-stopping.test.ts',
  'apps/api/test/server-starting.test.ts',
  'packages/db/test/journal.test.ts',
  'apps/api/test/jobs.test.ts',
  'apps/api/test/nasty-inputs.test.ts',
  'apps/api/test/transfer-table.test.ts',
  'apps/api/test/many-accounts.test.ts',
  'packages/db/test/young.test.ts',
  'packages/client/test/tenantree.test.ts',
  'examples/demo/test/demo.test.ts',
  'apps/api/test/transfers.test.ts',
  'apps/api/test/blueprints.test.ts',
  'packages/db/test/live-state.test.ts',
  'apps/api/test/payments.test.ts',
  'apps/api/test/invitations.test.ts',
  'apps/api/test/imports.test.ts',
  'apps/api/test/bulk.test.ts',
  'apps/api/test/failover.test.ts',
  'packages/db/test/lists.test.ts',
  'packages/db/test/functions.test.ts',
  'packages/widget/test/permissions.test.ts',
  'packages/widget/test/imports.test.ts',
  'packages/widget/test/looks.test.ts',
  'packages/widget/test/billing.test.ts',
  'packages/widget/test/axe.test.ts',
  'packages/widget/test/live.test.ts',
  'packages/widget/test/bulk.test.ts',
  'apps/web/test/e2e/money.e2e.test.ts',
  'apps/web/test/e2e/imports.e2e.test.ts',
  'apps/web/test/e2e/screens.e2e.test.ts',
  'apps/web/test/e2e/blueprints.e2e.test.ts',
  'examples/demo/test/demo.e2e.test.ts',
  'apps/api/test/jobs-killed.e2e.test.ts',
  'apps/web/test/e2e/lasting.e2e.test.ts',
  'examples/portal/test/portal.e2e.test.ts',
  'apps/web/test/e2e/trouble.e2e.test.ts',
  'packages/client/test/several-servers.e2e.test.ts',
  'apps/web/test/e2e/web.e2e.test.ts',
  'scripts/outside/client.e2e.test.ts',
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = LONGEST.indexOf(relative(root, moduleId).replaceAll('\\', '/'));
  return rank === -1 ? LONGEST.length : rank;
};

/** Begins with the files that take longest, in every project. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONGEST.filter((file) => !existsSync(`${root}/${file}`));
    if (gone.length > 0) throw new Error(`longest-first.ts names files that are not there: ${gone.join(', ')}`);
    const sorted = await super.sort(files);
    const projects = new Set(sorted.map(({ project }) => project));
    return [...projects].flatMap((project) =>
      sorted.filter((file) => file.project === project).toSorted((one, other) => rankOf(one) - rankOf(other)),
    );
  }
}
