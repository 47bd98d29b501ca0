import { type AccountId, type AccountRow, type AccountStatus, type Instant, parseAccountId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import {
  type MinutesVisibility,
  type RawAccountRow,
  seenWith,
  selectAccountRows,
  toAccountRow,
} from './account-rows.ts';
import { readTreeVersion } from './list-accounts.ts';

/** Place in a search after which the next page starts. */
export type SearchKey = { readonly rank: number; readonly nameKey: string; readonly id: AccountId };

export type SearchQuery = {
  readonly within: AccountId;
  /** What was typed, as it is. */
  readonly text: string;
  /** The same, folded like sibling names (`nameKey` of the domain). */
  readonly textKey: string;
  readonly statuses: readonly AccountStatus[];
  readonly after: SearchKey | null;
  readonly limit: number;
  readonly now: Instant;
  readonly visibility: MinutesVisibility;
};

export type SearchPage = {
  /** This page's matches and their ancestors below the searched account, parents before children. */
  readonly rows: AccountRow[];
  readonly matches: AccountId[];
  readonly total: number;
  readonly next: SearchKey | null;
  readonly treeVersion: number;
};

/**
 * Searches a subtree by name (prefix before word prefix before anywhere; with several words typed, names that have all of them), external id
 * or id. Diacritics count on neither side. The searched account itself is never a match.
 */
export async function searchSubtree(trx: TenantTransaction, query: SearchQuery): Promise<SearchPage> {
  const treeVersion = await readTreeVersion(trx);
  // Folded once, and not once for every row.
  const folded = (text: string) => sql`(SELECT without_diacritics(${text}))`;
  const rank = sql`CASE WHEN starts_with(a.search_key, ${folded(query.textKey)}) THEN 0
    WHEN strpos(a.search_key, ${folded(` ${query.textKey}`)}) > 0 THEN 1 ELSE 2 END`;
  const hasAll = sql.join(
    query.textKey.split(' ').map((word) => sql`strpos(a.search_key, ${folded(word)}) > 0`),
    sql` AND `,
  );
  const where = sql`a.path @> ARRAY[${query.within}::uuid] AND a.id <> ${query.within} AND ${seenWith(query.statuses, query.now)}
    AND ((${hasAll}) OR a.external_id = ${query.text} OR a.id = ${parseAccountId(query.text)}::uuid)`;
  const after = query.after
    ? sql`AND (${rank}, a.name_key, a.id) > (${query.after.rank}::int, ${query.after.nameKey}::text, ${query.after.id}::uuid)`
    : sql``;
  const found = await sql<{ id: string; path: string[]; rank: number; name_key: string }>`
    SELECT a.id, a.path, ${rank} AS rank, a.name_key FROM accounts a WHERE ${where} ${after}
    ORDER BY rank, a.name_key, a.id LIMIT ${query.limit + 1}`.execute(trx);
  const page = found.rows.slice(0, query.limit);
  const count = await sql<{ n: number }>`SELECT count(*)::int AS n FROM accounts a WHERE ${where}`.execute(trx);
  const last = page.at(-1);
  return {
    rows: await readWithAncestors(trx, query, page),
    matches: page.map((row) => row.id as AccountId),
    total: count.rows[0]?.n ?? 0,
    next:
      found.rows.length > query.limit && last
        ? { rank: last.rank, nameKey: last.name_key, id: last.id as AccountId }
        : null,
    treeVersion,
  };
}

async function readWithAncestors(
  trx: TenantTransaction,
  query: SearchQuery,
  page: readonly { path: string[] }[],
): Promise<AccountRow[]> {
  const ids = [...new Set(page.flatMap((row) => row.path.slice(row.path.indexOf(query.within) + 1)))];
  if (ids.length === 0) return [];
  const { columns, from } = selectAccountRows(query.now);
  const { rows } =
    await sql<RawAccountRow>`SELECT ${columns} FROM ${from} WHERE a.id = ANY (${ids}::uuid[]) ORDER BY a.depth, a.name_key, a.id`.execute(
      trx,
    );
  return rows.map((row) => toAccountRow(row, query.visibility, query.now));
}
