import {
  type AccountId,
  billingPeriodOf,
  type CountedMeter,
  countedAs,
  type Decimal,
  type Instant,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { MINUTES_METER } from '../accounts/account-rows.ts';
import type { Database } from '../database.ts';

/** New totals of an account in the current billing period, in the unit that viewers are shown, and where the account stands now. */
export type TotalChange = {
  readonly account: AccountId;
  readonly path: readonly AccountId[];
  readonly own: Decimal;
  readonly total: Decimal;
};

/** An account that came near a maximum of minutes of its own, or is so no longer, and where it stands now. */
export type NearChange = Pick<TotalChange, 'account' | 'path'> & { readonly isNear: boolean };

/** All that one count changed in one tree. `version` was handed out in commit order. */
export type TreeChange = {
  readonly root: AccountId;
  /** Start of the billing period that `changes` are of: the present one when the usage was counted. */
  readonly period: Instant;
  readonly version: number;
  readonly changes: readonly TotalChange[];
  readonly near: readonly NearChange[];
  /** False when an account changed that is not on the present path of any event: viewers have to read the state after `version` again. */
  readonly complete: boolean;
};

/** What viewers are shown: how much of it one minute is. The totals of other meters are counted, too, but no news to anybody. */
const SHOWN = countedAs(MINUTES_METER);

type Row = {
  elsewhere: boolean;
  changes: string | null;
  parents: string | null;
  near: string | null;
  new_version: string | null;
};

/** What a count found: what it changed, that there was nothing to count, or that somebody else is counting the tree. */
export type Counted = TreeChange | 'nothing' | 'elsewhere';

/**
 * Counts the usage of a meter in one tree that is recorded and not yet counted, by whichever server, into the totals and roll-ups of its
 * accounts and the ancestors of its time.
 *
 * @param options.wait for somebody else who is counting the tree, two seconds at the most: when this resolves, all that was recorded in the
 * tree before it was called is counted. Otherwise a tree that is being counted is left alone
 * @throws the driver's error when nothing was counted; it stays to be counted then
 */
export async function countTree(
  db: Database,
  root: AccountId,
  options: { readonly meter: CountedMeter; readonly now: Instant; readonly wait: boolean },
): Promise<Counted> {
  const { meter, now, wait } = options;
  const { rows } = await db.pool.query<Row>({
    name: 'count_tree',
    text: 'SELECT * FROM public.count_tree($1, $2, $3, $4, $5)',
    values: [root, meter, now, String(SHOWN.each), wait],
  });
  const row = rows[0]!;
  if (row.elsewhere) return 'elsewhere';
  if (row.new_version === null) return 'nothing';
  const [period, version] = [billingPeriodOf(now).start, Number(row.new_version)];
  return meter === SHOWN.as
    ? readChange(root, period, version, row)
    : { root, period, version, changes: [], near: [], complete: true };
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
 * Adds to the roll-ups what counts noted for them, tree by tree, of all trees that nobody else is folding. Series are exact with or without.
 *
 * @throws the driver's error when some of it was not folded; it stays to be folded then
 */
export async function foldQuarters(db: Database): Promise<void> {
  for (;;) {
    const { rows } = await db.pool.query<{ folded: boolean }>('SELECT public.fold_quarters() AS folded');
    if (!rows[0]!.folded) return;
  }
}

/**
 * Makes the room free that counted usage took. Rows of uncounted usage live for milliseconds, and the database itself vacuums once a
 * minute at most: under load every reader of totals would walk over what is left of tens of thousands of them until then.
 */
export async function tidyUncounted(db: Database): Promise<void> {
  await db.pool.query('VACUUM (SKIP_LOCKED, TRUNCATE false) public.uncounted_usage, public.unfolded_quarters');
}

/** The main account of the tree that an account stands in; null when there is no such account. */
export async function readTreeOf(db: Database, account: AccountId): Promise<AccountId | null> {
  const { rows } = await sql<{ root: AccountId | null }>`SELECT public.tree_of(${account}) AS root`.execute(db.app);
  return rows[0]!.root;
}

const parts = (text: string | null): string[] => (text === null ? [] : text.split(','));

function readChange(root: AccountId, period: Instant, version: number, row: Row): TreeChange {
  const parents = new Map(parts(row.parents).map((part) => part.split(' ') as [string, string]));
  const paths = new Map<string, readonly AccountId[]>([[root, [root]]]);
  const pathOf = (account: string): readonly AccountId[] | undefined => {
    const known = paths.get(account);
    if (known) return known;
    const above = parents.has(account) ? pathOf(parents.get(account)!) : undefined;
    if (!above) return undefined;
    const path = [...above, account as AccountId];
    paths.set(account, path);
    return path;
  };
  const changes: TotalChange[] = [];
  let complete = true;
  for (const part of parts(row.changes)) {
    const [account, own, total = own] = part.split(' ') as [AccountId, Decimal, Decimal?];
    const path = pathOf(account);
    if (path) changes.push({ account, path, own, total });
    else complete = false;
  }
  const near = parts(row.near).flatMap((part): NearChange[] => {
    const [account, isNear] = part.split(' ') as [AccountId, '0' | '1'];
    const path = pathOf(account);
    return path ? [{ account, path, isNear: isNear === '1' }] : [];
  });
  return { root, period, version, changes, near, complete };
}
