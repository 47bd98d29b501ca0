import {
  type AccountFilters,
  type AccountId,
  type AccountRow,
  type AccountSort,
  type AccountStatus,
  billingPeriodOf,
  type Instant,
  isFiltered,
  type LimitFilter,
  type RowFilters,
} from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import {
  ACCOUNT_COLUMNS,
  activeAs,
  driftsAs,
  joinTotals,
  keptTo,
  limitedAs,
  lookUpAccounts,
  MINUTES_TOTAL,
  type MinutesVisibility,
  type RawAccountRow,
  seenWith,
  toAccountRow,
  withMinutes,
} from './account-rows.ts';
import { ACTING_ROOT } from './place.ts';

export type SortDirection = 'asc' | 'desc';

/** Place in a listing after which the next page starts: the sort key and the id of the last row. */
export type PageKey = { readonly key: string; readonly id: AccountId };

export type ListQuery = RowFilters &
  Pick<AccountFilters, 'activity' | 'blueprint' | 'drift'> & {
    readonly parent: AccountId;
    readonly sort: AccountSort;
    readonly direction: SortDirection;
    readonly statuses: readonly AccountStatus[];
    readonly after: PageKey | null;
    readonly limit: number;
    readonly now: Instant;
    readonly visibility: MinutesVisibility;
    /** Only accounts that stand so to their limit of minutes; without it, all. */
    readonly limits?: LimitFilter | undefined;
  };

/** One page of an account's children, with subtree totals that are read, not computed (rules/data 2). */
export type ListedChildren = {
  readonly rows: AccountRow[];
  readonly next: PageKey | null;
  readonly total: number;
  readonly treeVersion: number;
};

/** What a page is sorted by, with the id behind it. */
type Order = {
  readonly key: RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  /** Of the key, for comparing with a cursor. */
  readonly type: RawBuilder<unknown>;
  /** Rows of their own that the children are sorted by. */
  readonly rows?: RawBuilder<unknown>;
};

const ID = sql`a.id`;
const ORDERS: Record<AccountSort, Order> = {
  name: { key: sql`a.name_key`, id: ID, type: sql`text` },
  members: { key: sql`a.total_members`, id: ID, type: sql`int` },
  agents: { key: sql`a.total_agents`, id: ID, type: sql`int` },
  minutes: { key: sql`sort_key(${MINUTES_TOTAL})`, id: ID, type: sql`bigint` },
  created: { key: ID, id: ID, type: sql`uuid` },
};
const ROW_ID = sql`s.account_id`;
/** Of a parent with many children: an index has them in this order, so that a page reads no more than itself. */
const SORTED: Partial<Record<AccountSort, Order>> = {
  members: { key: sql`s.members`, id: ROW_ID, type: sql`int`, rows: sql`account_sort_counts` },
  agents: { key: sql`s.agents`, id: ROW_ID, type: sql`int`, rows: sql`account_sort_counts` },
  minutes: { key: sql`s.minutes`, id: ROW_ID, type: sql`bigint`, rows: sql`account_sort_minutes` },
};

/** What a page says beside its rows: how many there are, and of which version of the tree all that is. */
type Head = { in_all: number | null; tree_version: string | null };
type Keyed = { sort_key: string } & Head;

/**
 * Lists the children of an account inside the acting account's subtree.
 *
 * Where they are many, the order by minutes is that of a moment ago, a second at most while usage is counted; the minutes are exact always.
 */
export async function listChildren(trx: TenantTransaction, query: ListQuery): Promise<ListedChildren> {
  const { rows } = await selectPage(query, await orderOf(trx, query)).execute(trx);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const [head = (await sql<Head>`SELECT ${headOf(query)}`.execute(trx)).rows[0]] = rows;
  return {
    rows: page.map((row) => toAccountRow(row, query.visibility, query.now)),
    next: rows.length > query.limit && last ? { key: last.sort_key, id: last.id as AccountId } : null,
    total: head?.in_all ?? 0,
    treeVersion: Number(head?.tree_version ?? 0),
  };
}

/** Minutes are sorted by rows of their own once all of these are of the present billing period; until then, by what is read. */
async function orderOf(trx: TenantTransaction, { parent, sort, now }: ListQuery): Promise<Order> {
  const sorted = SORTED[sort];
  if (!sorted) return ORDERS[sort];
  const period = sort === 'minutes' ? sql`AND period = ${billingPeriodOf(now).start}::timestamptz` : sql``;
  const { rows } = await sql`
    SELECT FROM sorted_parents WHERE root_id = ${ACTING_ROOT} AND account_id = ${parent} ${period}`.execute(trx);
  return rows.length > 0 ? sorted : ORDERS[sort];
}

/** All of a page by one statement: every row has the head with it. */
function selectPage(query: ListQuery, { key, id, type, rows }: Order): RawBuilder<RawAccountRow & Keyed> {
  const { parent, sort, statuses, limits, now, after, direction, limit } = query;
  const isTotalled = limits !== undefined || (sort === 'minutes' && !rows);
  const totals = isTotalled ? joinTotals({ now, parent }) : sql``;
  const order = direction === 'asc' ? sql`ASC` : sql`DESC`;
  const beyond = direction === 'asc' ? sql`>` : sql`<`;
  const children = rows
    ? sql`${rows} s ${lookUpAccounts(sql`s.account_id`)} ${totals} WHERE s.parent_id = ${parent}`
    : sql`accounts a ${totals} WHERE a.root_id = ${ACTING_ROOT} AND a.parent_id = ${parent}`;
  const next = after ? sql`AND (${key}, ${id}) ${beyond} (CAST(${after.key} AS ${type}), ${after.id}::uuid)` : sql``;
  const page = sql`
    SELECT ${ACCOUNT_COLUMNS}, ${key} AS place, (${key})::text AS sort_key, ${headOf(query)} FROM ${children} AND ${seenWith(statuses, now)} AND ${keptTo(query)} AND ${driftsAs(query)} AND ${limitedAs(limits)} AND ${activeAs(query.activity, now)} ${next}
    ORDER BY ${key} ${order}, ${id} ${order} LIMIT ${limit + 1}`;
  return withMinutes<Keyed>({ now, parent }, page, sql`page.place ${order}, page.id ${order}`);
}

const headOf = (query: ListQuery): RawBuilder<Head> =>
  sql`${countChildren(query)} AS in_all, (SELECT version FROM tree_versions WHERE root_id = ${ACTING_ROOT}) AS tree_version`;

/** Live children are counted as they change; others are counted here. */
function countChildren(query: ListQuery): RawBuilder<number> {
  const { parent, statuses, limits, now } = query;
  return !isFiltered(query) && statuses.length === 2 && !statuses.includes('closed')
    ? sql`(SELECT children FROM accounts WHERE root_id = ${ACTING_ROOT} AND id = ${parent})`
    : sql`(SELECT count(*)::int FROM accounts a ${limits === undefined ? sql`` : joinTotals({ now, parent })}
        WHERE a.root_id = ${ACTING_ROOT} AND a.parent_id = ${parent} AND ${seenWith(statuses, now)} AND ${keptTo(query)} AND ${driftsAs(query)} AND ${limitedAs(limits)} AND ${activeAs(query.activity, now)})`;
}

/** The version of the acting account's tree; read before rows, so that live changes after it repeat state at worst, and miss none. */
export async function readTreeVersion(trx: TenantTransaction): Promise<number> {
  const row = await trx.selectFrom('tree_versions').select('version').executeTakeFirst();
  return Number(row?.version ?? 0);
}
