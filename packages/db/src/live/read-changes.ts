import type { AccountId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';

/** What changed in a tree after a version: accounts, with the version of their last change. */
export type TreeNews = ReadonlyMap<AccountId, number>;

/** Most changes, and most accounts, that whoever was away is told of one by one. More of them are read anew. */
const MOST_CHANGES = 1_000;
const MOST_ACCOUNTS = 5_000;

/** The condition on a change's kind: `kind <> 'usage'` leads an index of its own. */
const OF: Record<'usage' | 'accounts', RawBuilder<boolean>> = {
  usage: sql`c.kind <> 'accounts'`,
  accounts: sql`c.kind <> 'usage'`,
};

/**
 * Reads what changed in the acting account's tree after a version, from the notes that every change leaves. No accounts are read for it.
 *
 * @param since at least 1
 * @param version the tree's present one
 * @returns null when that isn't known any more, or is too much: then what is shown has to be read anew
 */
export async function readTreeNews(
  trx: TenantTransaction,
  of: 'usage' | 'accounts',
  since: number,
  version: number,
): Promise<TreeNews | null> {
  if (since >= version) return new Map();
  const changes = sql`(SELECT c.version, c.accounts FROM tree_changes c WHERE c.root_id = ${ACTING_ROOT} AND c.version > ${since} AND ${OF[of]}
    ORDER BY c.version LIMIT ${MOST_CHANGES + 1})`;
  const { rows: known } = await sql<{ oldest: string | null; changes: string; unlisted: boolean | null }>`
    SELECT (SELECT c.version FROM tree_changes c WHERE c.root_id = ${ACTING_ROOT} ORDER BY c.version LIMIT 1) AS oldest,
      count(*) AS changes, bool_or(accounts IS NULL) AS unlisted FROM ${changes} c`.execute(trx);
  const [log] = known;
  if (!log || log.oldest === null || Number(log.oldest) > since + 1) return null;
  if (log.unlisted || Number(log.changes) > MOST_CHANGES) return null;
  if (Number(log.changes) === 0) return new Map();
  const { rows } = await sql<{ id: AccountId; version: string }>`
    SELECT n.id, max(c.version) AS version FROM ${changes} c CROSS JOIN unnest(c.accounts) n(id)
    GROUP BY n.id LIMIT ${MOST_ACCOUNTS + 1}`.execute(trx);
  return rows.length > MOST_ACCOUNTS ? null : new Map(rows.map(({ id, version }) => [id, Number(version)]));
}

/** The accounts that moves after a version had to do with: what moved, and all that stood or stand above it; with the version of the last. */
export async function readMoves(trx: TenantTransaction, since: number): Promise<TreeNews> {
  const { rows } = await sql<{ id: AccountId; version: string }>`
    SELECT n.id, max(c.version) AS version FROM tree_changes c CROSS JOIN unnest(c.accounts) n(id)
    WHERE c.root_id = ${ACTING_ROOT} AND c.version > ${since} AND c.kind <> 'usage' AND c.kind = 'moved' GROUP BY n.id`.execute(
    trx,
  );
  return new Map(rows.map(({ id, version }) => [id, Number(version)]));
}

/** Forgets what trees changed so many minutes ago, and before: whoever was away for longer reads anew. */
export async function forgetTreeChanges(db: Database, keptMinutes: number): Promise<void> {
  await sql`SELECT public.forget_tree_changes(make_interval(mins => ${keptMinutes}))`.execute(db.app);
}
