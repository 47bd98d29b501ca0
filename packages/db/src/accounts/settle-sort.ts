import { type AccountId, billingPeriodOf, type Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * Brings the order of children by minutes up to what is counted, in those of these trees (null: in all) where children are sorted by rows of
 * their own and these are behind.
 *
 * @returns the trees that somebody else is at: they are to be tried again
 */
export async function settleSort(db: Database, roots: readonly AccountId[] | null, now: Instant): Promise<AccountId[]> {
  const period = billingPeriodOf(now).start;
  const { rows: behind } = await sql<{ root: AccountId }>`
    SELECT root FROM public.trees_to_sort(${roots && [...roots]}::uuid[], ${period}::timestamptz) root`.execute(db.app);
  const left: AccountId[] = [];
  for (const { root } of behind) {
    if (!(await does(db, 'settle_sort', root, period))) left.push(root);
    // One parent at a time, so that nobody waits for all.
    else while (await does(db, 'refill_sort', root, period));
  }
  return left;
}

async function does(
  db: Database,
  step: 'settle_sort' | 'refill_sort',
  root: AccountId,
  period: Instant,
): Promise<boolean> {
  const { rows } = await sql<{
    done: boolean;
  }>`SELECT ${sql.ref(`public.${step}`)}(${root}, ${period}::timestamptz) AS done`.execute(db.app);
  return rows[0]!.done;
}
