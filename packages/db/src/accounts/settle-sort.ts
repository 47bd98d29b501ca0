import { type AccountId, billingPeriodOf, type Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** What was counted in a tree. */
export type CountedAccounts = {
  readonly root: AccountId;
  /** Accounts whose totals changed. */
  readonly accounts: readonly AccountId[];
  /** Versions of the tree of which these are all. */
  readonly versions: readonly number[];
};

/**
 * Brings the order of children by minutes up to what was just counted in some trees, where children are sorted by rows of their own.
 *
 * @returns the trees that somebody else is at: they are to be tried again
 */
export async function settleSort(
  db: Database,
  counted: readonly CountedAccounts[],
  now: Instant,
): Promise<CountedAccounts[]> {
  const sorted = new Set(
    await treesToSort(
      db,
      counted.map(({ root }) => root),
      now,
    ),
  );
  const left: CountedAccounts[] = [];
  for (const tree of counted) if (sorted.has(tree.root) && !(await settle(db, tree, now))) left.push(tree);
  return left;
}

/**
 * Brings that order up in all trees where it is behind: when a month begins, where so many changed at once that nobody knows which, and for
 * servers that ended right after they counted.
 */
export async function settleEverySort(db: Database, now: Instant): Promise<void> {
  for (const root of await treesToSort(db, null, now)) {
    await settle(db, { root, accounts: [], versions: [] }, now);
    // One parent at a time, so that nobody waits for all.
    while (await refill(db, root, now));
  }
}

const periodOf = (now: Instant): Instant => billingPeriodOf(now).start;

async function treesToSort(db: Database, roots: readonly AccountId[] | null, now: Instant): Promise<AccountId[]> {
  const { rows } = await sql<{ root: AccountId }>`
    SELECT root FROM public.trees_to_sort(${roots && [...roots]}::uuid[], ${periodOf(now)}::timestamptz) root`.execute(
    db.app,
  );
  return rows.map(({ root }) => root);
}

async function settle(db: Database, { root, accounts, versions }: CountedAccounts, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`
    SELECT public.settle_sort(${root}, ${periodOf(now)}::timestamptz, ${[...versions]}::bigint[], ${[...accounts]}::uuid[]) AS done`.execute(
    db.app,
  );
  return rows[0]!.done;
}

async function refill(db: Database, root: AccountId, now: Instant): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`
    SELECT public.refill_sort(${root}, ${periodOf(now)}::timestamptz) AS done`.execute(db.app);
  return rows[0]!.done;
}
