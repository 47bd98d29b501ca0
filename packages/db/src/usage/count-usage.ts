import {
  type AccountId,
  billingPeriodOf,
  type CountedMeter,
  countedAs,
  type Decimal,
  type Instant,
} from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** New totals of an account in the current billing period, in the unit that viewers are shown, and where the account stands now. */
export type TotalChange = {
  readonly account: AccountId;
  readonly path: readonly AccountId[];
  readonly own: Decimal;
  readonly total: Decimal;
};

/** All that one count changed in one tree. `version` was handed out in commit order. */
export type TreeChange = {
  readonly root: AccountId;
  /** Start of the billing period that `changes` are of: the present one when the usage was counted. */
  readonly period: Instant;
  readonly version: number;
  readonly changes: readonly TotalChange[];
  /** False when an account changed that is not on the present path of any event: viewers have to read the state after `version` again. */
  readonly complete: boolean;
};

/** How much of a counted meter is one of what viewers are shown. */
const SHOWN: Record<CountedMeter, string> = { 'call.seconds': String(countedAs('call.minutes').each) };

type Row = { changes: string | null; parents: string | null; versions: string | null };

/** The trees whose usage a count takes: one of them, or all but some. */
export type TreesToCount = { readonly only: AccountId } | { readonly without: readonly AccountId[] };

/**
 * Counts the usage of a meter that is recorded and not yet counted, by whichever server, into the totals of its accounts and the
 * ancestors of its time. Waits while another server counts. When this resolves, all that was recorded in these trees before it was
 * called is counted.
 *
 * @throws the driver's error when nothing was counted; it stays to be counted then
 */
export async function countUsage(
  db: Database,
  options: { readonly meter: CountedMeter; readonly now: Instant; readonly trees: TreesToCount },
): Promise<TreeChange[]> {
  const { meter, now, trees } = options;
  const { rows } = await db.pool.query<Row>({
    name: 'count_usage',
    text: 'SELECT * FROM public.count_usage($1, $2, $3, $4, $5)',
    values: [meter, now, SHOWN[meter], 'only' in trees ? trees.only : null, 'without' in trees ? trees.without : []],
  });
  return readTrees(rows[0]!, billingPeriodOf(options.now).start);
}

/** A tree with uncounted usage, and since when the oldest of it waits. */
export type UncountedTree = { readonly root: AccountId; readonly since: Instant };

/** The trees that have uncounted usage, whoever waits longest first. */
export async function readUncountedTrees(db: Database): Promise<UncountedTree[]> {
  const { rows } = await sql<{ root_id: AccountId; since: Date }>`SELECT * FROM public.uncounted_trees()`.execute(
    db.app,
  );
  return rows.map((row) => ({ root: row.root_id, since: row.since.toISOString() as Instant }));
}

/**
 * Makes the room free that counted usage took. Rows of uncounted usage live for milliseconds, and the database itself vacuums once a
 * minute at most: under load every reader of totals would walk over what is left of tens of thousands of them until then.
 */
export async function tidyUncounted(db: Database): Promise<void> {
  await db.pool.query('VACUUM (SKIP_LOCKED, TRUNCATE false) public.uncounted_usage');
}

const parts = (text: string | null): string[] => (text === null ? [] : text.split(','));

function readTrees(row: Row, period: Instant): TreeChange[] {
  const trees = new Map<string, { version: number; changes: TotalChange[]; complete: boolean }>();
  const paths = new Map<string, readonly AccountId[]>();
  for (const part of parts(row.versions)) {
    const [root, version] = part.split(' ') as [AccountId, string];
    trees.set(root, { version: Number(version), changes: [], complete: true });
    paths.set(root, [root]);
  }
  const parents = new Map(parts(row.parents).map((part) => part.split(' ') as [string, string]));
  const pathOf = (account: string): readonly AccountId[] | undefined => {
    const known = paths.get(account);
    if (known) return known;
    const above = parents.has(account) ? pathOf(parents.get(account)!) : undefined;
    if (!above) return undefined;
    const path = [...above, account as AccountId];
    paths.set(account, path);
    return path;
  };
  for (const part of parts(row.changes)) {
    const [account, own, total] = part.split(' ') as [AccountId, Decimal, Decimal];
    const path = pathOf(account);
    if (path) trees.get(path[0]!)!.changes.push({ account, path, own, total });
    else for (const tree of trees.values()) tree.complete = false;
  }
  return [...trees].map(([root, tree]) => ({ root: root as AccountId, period, ...tree }));
}
