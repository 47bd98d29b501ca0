import { type AccountId, type AccountRow, isFiltered, parseAccountId } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import { ACCOUNT_COLUMNS, type MinutesVisibility, seenWith, toAccountRow, withMinutes } from './account-rows.ts';
import { countFiltered, type FilterQuery, filterAccounts, matchesFilters } from './filter-accounts.ts';
import { ACTING_ROOT, atOrBelow, pathOf } from './place.ts';

/** Place in a search after which the next page starts. */
export type SearchKey = { readonly rank: number; readonly nameKey: string; readonly id: AccountId };

/** How much a search looks at. */
export type SearchBounds = {
  /** Subtrees with fewer accounts than this are read whole; what follows is for all others. */
  readonly whole: number;
  /** Most names, and most accounts, that are walked. */
  readonly names: number;
  /** Most accounts that an index is asked for. */
  readonly candidates: number;
  /** With so many matches nobody looks for more. */
  readonly enough: number;
};

/** Measured: with these a search of a million accounts takes some 4 ms of the database, and ends before lists of letters grow long. */
export const SEARCH_BOUNDS: SearchBounds = { whole: 2_000, names: 2_000, candidates: 1_000, enough: 100 };

/** What accounts are searched by. */
export type SearchText = {
  /** What was typed, as it is. */
  readonly text: string;
  /** The same, folded like sibling names (`nameKey` of the domain). */
  readonly textKey: string;
};

export type SearchQuery = FilterQuery &
  SearchText & {
    readonly after: SearchKey | null;
    readonly limit: number;
    readonly visibility: MinutesVisibility;
  };

export type SearchPage<Key = SearchKey> = {
  /** This page's matches and their ancestors below the searched account, parents before children. */
  readonly rows: AccountRow[];
  readonly matches: AccountId[];
  /** How many were found on all pages. */
  readonly total: number;
  /** Whether there may be more than these: the subtree is too large to be searched whole, and those that come first may not be the best. */
  readonly more: boolean;
  readonly next: Key | null;
  readonly treeVersion: number;
};

/**
 * Searches a subtree by name (prefix before word prefix before anywhere; with several words typed, names that have all of them), external id
 * or id. Diacritics count on neither side. Where filters are on, a match is what they leave. The searched account itself is never one.
 *
 * Costs the same at every size: a large subtree is searched within bounds, and says so by `more`.
 */
export async function searchSubtree(
  trx: TenantTransaction,
  query: SearchQuery,
  bounds: SearchBounds = SEARCH_BOUNDS,
): Promise<SearchPage> {
  const { depth, subaccounts, version } = await placeOfSearch(trx, query);
  const { source, more } = await sourceOf(trx, query, { ...bounds, subaccounts });
  const { total, found } = await readMatches(trx, query, source);
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  const ids = page.flatMap((row) => pathOf(query.within, row.path_key).slice(depth + 1));
  return {
    rows: await withAncestors(trx, query, [...new Set(ids)]),
    matches: page.map((row) => row.id),
    total,
    more,
    next: found.length > query.limit && last ? { rank: last.rank, nameKey: last.name_key, id: last.id } : null,
    treeVersion: version,
  };
}

/** What of a subtree is looked at: all of a small one; of others what filters leave, where that is little, or what an index has. */
export async function sourceOf(
  trx: TenantTransaction,
  query: FilterQuery & SearchText,
  bounds: SearchBounds & { readonly subaccounts: number },
): Promise<{ source: RawBuilder<unknown>; more: boolean }> {
  if (bounds.subaccounts < bounds.whole) return { source: wholeOf(query), more: false };
  if (isFiltered(query)) {
    const ids = await filterAccounts(trx, query, { after: null, limit: bounds.whole });
    if (ids.length < bounds.whole) return { source: sql`a.id = ANY (${ids}::uuid[])`, more: false };
  }
  return findCandidates(trx, query, bounds);
}

/** All below the account that is looked below. */
export const wholeOf = ({ within, under = within }: FilterQuery): RawBuilder<boolean> =>
  sql`${atOrBelow('a', under)} AND a.id <> ${under}`;

/** A page of what filters leave of a subtree, in its order, with the accounts between; the same at every size. */
export async function filterSubtree(
  trx: TenantTransaction,
  query: Omit<SearchQuery, 'text' | 'textKey'>,
): Promise<SearchPage> {
  const { depth, version } = await placeOfSearch(trx, query);
  const { total, more } = await countFiltered(trx, query);
  const found = await filterAccounts(trx, query, { after: query.after?.id ?? null, limit: query.limit + 1 });
  const matches = found.slice(0, query.limit);
  const last = matches.at(-1);
  const paths = await readKeys(trx, matches);
  const ids = paths.flatMap((key) => pathOf(query.within, key).slice(depth + 1));
  return {
    rows: await withAncestors(trx, query, [...new Set(ids)]),
    matches,
    total,
    more,
    next: found.length > query.limit && last ? { rank: 0, nameKey: '', id: last } : null,
    treeVersion: version,
  };
}

async function readKeys(trx: TenantTransaction, ids: readonly AccountId[]): Promise<Buffer[]> {
  const { rows } = await sql<{ path_key: Buffer }>`
    SELECT path_key FROM accounts WHERE root_id = ${ACTING_ROOT} AND id = ANY (${[...ids]}::uuid[])`.execute(trx);
  return rows.map((row) => row.path_key);
}

/** Indexes names of accounts that came from another tree, of which only beginnings are found until then. @returns how many it indexed */
export async function indexNames(db: Database, limit: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT public.index_names(${limit}) AS n`.execute(db.app);
  return rows[0]!.n;
}

/**
 * How deep the searched account stands, how many accounts are looked at, and the tree's version, read before what is found. Below an account
 * out of sight nothing is.
 */
export async function placeOfSearch(
  trx: TenantTransaction,
  { within, under = within }: Pick<FilterQuery, 'within' | 'under'>,
): Promise<{ depth: number; subaccounts: number; version: number }> {
  const { rows } = await sql<{ depth: number | null; subaccounts: number | null; version: string | null }>`
    SELECT a.depth, u.subaccounts, v.version
    FROM (SELECT (SELECT version FROM tree_versions WHERE root_id = ${ACTING_ROOT}) AS version) v
    LEFT JOIN accounts a ON a.root_id = ${ACTING_ROOT} AND a.id = ${within}
    LEFT JOIN accounts u ON u.root_id = ${ACTING_ROOT} AND u.id = ${under}`.execute(trx);
  const { depth, subaccounts, version } = rows[0]!;
  return { depth: depth ?? 0, subaccounts: subaccounts ?? 0, version: Number(version ?? 0) };
}

// Folded once, and not once for every row.
const folded = (text: string): RawBuilder<string> => sql`(SELECT without_diacritics(${text}))`;
const wordsOf = ({ textKey }: SearchText): RawBuilder<string>[] => textKey.split(' ').map(folded);

/** Whether an account (alias a) has all words that were typed in its name, or is the one with that external id or id. */
export const matchesText = (query: SearchText): RawBuilder<boolean> => {
  const hasAll = sql.join(
    wordsOf(query).map((word) => sql`strpos(a.search_key, ${word}) > 0`),
    sql` AND `,
  );
  return sql`((${hasAll}) OR a.external_id = ${query.text} OR a.id = ${parseAccountId(query.text)}::uuid)`;
};

/** The accounts of a subtree too large to be read whole that may be matches. */
async function findCandidates(
  trx: TenantTransaction,
  query: FilterQuery & SearchText,
  { names, candidates, enough }: SearchBounds,
): Promise<{ source: RawBuilder<unknown>; more: boolean }> {
  const isLive = query.statuses.some((status) => status !== 'closed');
  // Which of the two an account is seen with may depend on the time; that is looked at afterwards.
  const statuses = [
    ...(isLive ? ['active', 'suspended'] : []),
    ...(query.statuses.includes('closed') ? ['closed'] : []),
  ];
  const { rows } = await sql<{ ids: string[]; more: boolean }>`
    SELECT ids, more FROM search_below(${query.under ?? query.within}, ${folded(query.textKey)}, ARRAY[${sql.join(wordsOf(query))}],
      ${query.text}, ${parseAccountId(query.text)}::uuid, ${statuses}, ${names}, ${candidates}, ${enough})`.execute(
    trx,
  );
  const { ids, more } = rows[0]!;
  return { source: sql`a.id = ANY (${ids}::uuid[])`, more };
}

type Match = { readonly id: AccountId; readonly path_key: Buffer; readonly rank: number; readonly name_key: string };

/** A page (and one more) of the matches among some accounts, and how many there are. */
async function readMatches(
  trx: TenantTransaction,
  query: SearchQuery,
  source: RawBuilder<unknown>,
): Promise<{ total: number; found: Match[] }> {
  const { textKey, after } = query;
  const next = after
    ? sql`WHERE (h.rank, h.name_key, h.id) > (${after.rank}::int, ${after.nameKey}::text, ${after.id}::uuid)`
    : sql``;
  const { rows } = await sql<{ total: number } & (Match | { id: null })>`
    WITH hits AS MATERIALIZED (
      SELECT a.id, a.path_key, a.name_key, CASE WHEN starts_with(a.search_key, ${folded(textKey)}) THEN 0
        WHEN strpos(a.search_key, ${folded(` ${textKey}`)}) > 0 THEN 1 ELSE 2 END AS rank
      FROM accounts a WHERE a.root_id = ${ACTING_ROOT} AND ${source} AND ${seenWith(query.statuses, query.now)} AND ${matchesFilters(query)}
        AND ${matchesText(query)}
    )
    SELECT n.total, page.* FROM (SELECT count(*)::int AS total FROM hits) n
    LEFT JOIN (SELECT h.* FROM hits h ${next} ORDER BY h.rank, h.name_key, h.id LIMIT ${query.limit + 1}) page ON true
    ORDER BY page.rank, page.name_key, page.id`.execute(trx);
  return { total: rows[0]!.total, found: rows.filter((row) => row.id !== null) };
}

export async function withAncestors(
  trx: TenantTransaction,
  query: Pick<SearchQuery, 'now' | 'visibility'>,
  ids: readonly AccountId[],
): Promise<AccountRow[]> {
  if (ids.length === 0) return [];
  const found = sql`SELECT ${ACCOUNT_COLUMNS}, a.name_key FROM accounts_by_id(${[...ids]}::uuid[]) a`;
  const { rows } = await withMinutes({ now: query.now }, found, sql`page.depth, page.name_key, page.id`).execute(trx);
  return rows.map((row) => toAccountRow(row, query.visibility, query.now));
}
