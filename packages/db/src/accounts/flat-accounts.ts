import { type AccountId, type AccountSort, isFiltered } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { joinTotals, MINUTES_TOTAL, type MinutesVisibility, seenWith } from './account-rows.ts';
import { countFiltered, type FilterQuery, filterAccounts, matchesFilters } from './filter-accounts.ts';
import type { PageKey, SortDirection } from './list-accounts.ts';
import { ACTING_ROOT, atOrBelow, pathOf } from './place.ts';
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
  const count = await countOf(trx, query, source, subaccounts);
  const found = await selectKeys(query, source).execute(trx);
  const page = found.rows.slice(0, query.limit);
  const last = page.at(-1);
  const ids = page.flatMap((row) => pathOf(query.within, row.path_key).slice(depth + 1));
  return {
    rows: await withAncestors(trx, query, [...new Set(ids)]),
    matches: page.map(({ id }) => id),
    total: count.total,
    more: more || count.more,
    next: found.rows.length > query.limit && last ? { key: last.sort_key, id: last.id } : null,
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

/** How many there are: what is sorted is counted, and of all the rest no more than is told anyway. */
async function countOf(
  trx: TenantTransaction,
  query: FlatQuery,
  source: Ground['source'],
  subaccounts: number,
): Promise<{ readonly total: number; readonly more: boolean }> {
  const isUsual = query.statuses.length === 2 && !query.statuses.includes('closed');
  if (source === null)
    return isUsual && !isFiltered(query) ? { total: subaccounts, more: false } : countFiltered(trx, query);
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::int AS n FROM accounts a WHERE ${conditionsOf(query, source)}`.execute(trx);
  return { total: rows[0]?.n ?? 0, more: false };
}

type Keyed = { readonly id: AccountId; readonly path_key: Buffer; readonly sort_key: string };

function selectKeys(query: FlatQuery, source: Ground['source']): RawBuilder<Keyed> {
  const { sort, direction, after, limit, now } = query;
  const { key, type } = KEYS[sort];
  const order = direction === 'asc' ? sql`ASC` : sql`DESC`;
  const beyond = direction === 'asc' ? sql`>` : sql`<`;
  const next = after ? sql`AND (${key}, a.id) ${beyond} (CAST(${after.key} AS ${type}), ${after.id}::uuid)` : sql``;
  return sql`
    SELECT a.id, a.path_key, (${key})::text AS sort_key FROM accounts a ${sort === 'minutes' ? joinTotals({ now }) : sql``}
    WHERE ${conditionsOf(query, source)} ${next} ORDER BY ${key} ${order}, a.id ${order} LIMIT ${limit + 1}`;
}

/** Which accounts (alias a) there are. Without a source the order leads: what only filters is written so that no index of it can (IS TRUE). */
function conditionsOf(query: FlatQuery, source: Ground['source']): RawBuilder<boolean> {
  const { within, under = within, statuses, search, now } = query;
  const seen = seenWith(statuses, now);
  if (source === null)
    return sql`(a.root_id = ${ACTING_ROOT} AND ((${atOrBelow('a', under)} AND a.id <> ${under} AND ${matchesFilters(query)} AND ${seen}) IS TRUE))`;
  const matches = search === null ? sql`true` : matchesText(search);
  return sql`(a.root_id = ${ACTING_ROOT} AND ${source} AND ${seen} AND ${matchesFilters(query)} AND ${matches})`;
}
