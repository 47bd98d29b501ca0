import { type AccountId, type AccountSort, isFiltered } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { joinTotals, MINUTES_TOTAL, type MinutesVisibility, seenWith } from './account-rows.ts';
import { countFiltered, type FilterQuery, filterAccounts, matchesFilters } from './filter-accounts.ts';
import type { PageKey, SortDirection } from './list-accounts.ts';
import { ACTING_ROOT, pathOf } from './place.ts';
import {
  matchesText,
  placeOfSearch,
  SEARCH_BOUNDS,
  type SearchPage,
  type SearchText,
  sourceOf,
  wholeOf,
  withAncestors,
} from './search-accounts.ts';

export type FlatQuery = FilterQuery & {
  /** Only those that match what was typed. */
  readonly search: SearchText | null;
  readonly sort: AccountSort;
  readonly direction: SortDirection;
  readonly after: PageKey | null;
  readonly limit: number;
  readonly visibility: MinutesVisibility;
};

/** So many accounts are sorted by whatever one likes: measured, 5 000 take some 25 ms. */
export const MOST_SORTED = 5_000;

/** Accounts that are looked at: some that are sorted when they are asked for, or all in the order of an index. */
type Ground = { readonly source: RawBuilder<unknown> | null; readonly more: boolean };

/** Orders that an index has of all accounts of a tree. */
const INDEXED: Partial<Record<AccountSort, { readonly key: RawBuilder<unknown>; readonly type: RawBuilder<unknown> }>> =
  {
    name: { key: sql`a.name_key`, type: sql`text` },
    created: { key: sql`a.id`, type: sql`uuid` },
  };
const KEYS = {
  ...INDEXED,
  members: { key: sql`a.total_members`, type: sql`int` },
  agents: { key: sql`a.total_agents`, type: sql`int` },
  minutes: { key: sql`sort_key(${MINUTES_TOTAL})`, type: sql`bigint` },
} as Required<typeof INDEXED>;

/**
 * A page of all accounts below one, at any depth, in one order, as far as they match; with those between (rules/accounts 31).
 *
 * Where many match, the order is that of an index, by name or by when they were made: counts and minutes change all the time, and no index
 * has them for a whole tree.
 *
 * @returns null: too many match for the order that is asked for
 */
export async function listBelow(
  trx: TenantTransaction,
  query: FlatQuery,
  mostSorted = MOST_SORTED,
): Promise<SearchPage<PageKey> | null> {
  const { depth, subaccounts, version } = await placeOfSearch(trx, query);
  const { source, more } = await groundOf(trx, query, subaccounts, mostSorted);
  if (source === null && INDEXED[query.sort] === undefined) return null;
  const { found, ...count } =
    source === null ? await readOrdered(trx, query, subaccounts) : await readSorted(trx, query, source);
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  const ids = page.flatMap((row) => pathOf(query.within, row.path_key).slice(depth + 1));
  return {
    rows: await withAncestors(trx, query, [...new Set(ids)]),
    matches: page.map(({ id }) => id),
    total: count.total,
    more: more || count.more,
    next: found.length > query.limit && last ? { key: last.sort_key, id: last.id } : null,
    treeVersion: version,
  };
}

async function groundOf(trx: TenantTransaction, query: FlatQuery, subaccounts: number, most: number): Promise<Ground> {
  const { search } = query;
  if (subaccounts < most) return { source: wholeOf(query), more: false };
  if (search !== null) return sourceOf(trx, { ...query, ...search }, { ...SEARCH_BOUNDS, subaccounts });
  if (!isFiltered(query)) return { source: null, more: false };
  const ids = await filterAccounts(trx, query, { after: null, limit: most });
  return { source: ids.length < most ? sql`a.id = ANY (${ids}::uuid[])` : null, more: false };
}

type Keyed = { readonly id: AccountId; readonly path_key: Buffer; readonly sort_key: string };
type Found = { readonly found: readonly Keyed[]; readonly total: number; readonly more: boolean };

/** Behind the last one of the page before, and in which order: of rows with a key (sort_key) and an id. */
function pageOf({ sort, direction, after, limit }: FlatQuery, key: RawBuilder<unknown>, id: RawBuilder<unknown>) {
  const order = direction === 'asc' ? sql`ASC` : sql`DESC`;
  const beyond = direction === 'asc' ? sql`>` : sql`<`;
  const next = after
    ? sql`(${key}, ${id}) ${beyond} (CAST(${after.key} AS ${KEYS[sort].type}), ${after.id}::uuid)`
    : sql`true`;
  return { next, last: sql`ORDER BY ${key} ${order}, ${id} ${order} LIMIT ${limit + 1}` };
}

/** A page of few enough accounts: all of them are read, counted and sorted. */
async function readSorted(trx: TenantTransaction, query: FlatQuery, source: RawBuilder<unknown>): Promise<Found> {
  const { search, sort, statuses, now } = query;
  const { next, last } = pageOf(query, sql`g.sort_key`, sql`g.id`);
  const { rows } = await sql<{ total: number } & (Keyed | { id: null })>`
    WITH g AS MATERIALIZED (
      SELECT a.id, a.path_key, ${KEYS[sort].key} AS sort_key FROM accounts a ${sort === 'minutes' ? joinTotals({ now }) : sql``}
      WHERE a.root_id = ${ACTING_ROOT} AND ${source} AND ${seenWith(statuses, now)} AND ${matchesFilters(query)}
        AND ${search === null ? sql`true` : matchesText(search)}
    ), page AS (SELECT g.*, row_number() OVER () AS n FROM (SELECT g.id, g.path_key, g.sort_key FROM g WHERE ${next} ${last}) g)
    SELECT c.total, page.id, page.path_key, page.sort_key::text FROM (SELECT count(*)::int AS total FROM g) c LEFT JOIN page ON true
    ORDER BY page.n`.execute(trx);
  return { found: rows.filter((row) => row.id !== null), total: rows[0]?.total ?? 0, more: false };
}

/** A page of all of them in the order of an index, which leads: what only filters is written so that no other index can (IS TRUE). */
async function readOrdered(trx: TenantTransaction, query: FlatQuery, subaccounts: number): Promise<Found> {
  const { within, under = within, sort, statuses, now } = query;
  const { key } = KEYS[sort];
  const { next, last } = pageOf(query, key, sql`a.id`);
  // Asked once, and not once for every row.
  const place = sql`(SELECT place_of(${under}::uuid))`;
  const end = sql`(SELECT place_of(${under}::uuid) || '\\xff'::bytea)`;
  // Until there are statistics of a tree, its accounts look so few that sorting all of them seems cheap; only this index spares it.
  await sql`SET LOCAL enable_sort = off`.execute(trx);
  const { rows: found } = await sql<Keyed>`
    SELECT a.id, a.path_key, (${key})::text AS sort_key FROM accounts a WHERE a.root_id = ${ACTING_ROOT} AND ${next}
      AND (a.path_key >= ${place} AND a.path_key < ${end} AND a.id <> ${under} AND ${seenWith(statuses, now)} AND ${matchesFilters(query)}) IS TRUE
    ${last}`.execute(trx);
  const isUsual = statuses.length === 2 && !statuses.includes('closed') && !isFiltered(query);
  // No more is counted than is told anyway.
  return { found, ...(isUsual ? { total: subaccounts, more: false } : await countFiltered(trx, query)) };
}
