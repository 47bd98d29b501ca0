import type { AccountId, AccountRow, AccountStatus, Instant } from '@tenantree/domain';
import { type RawBuilder, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import {
  MINUTES_TOTAL,
  type MinutesVisibility,
  type RawAccountRow,
  seenWith,
  selectAccountRows,
  toAccountRow,
} from './account-rows.ts';

export const ACCOUNT_SORTS = ['name', 'members', 'agents', 'minutes', 'created'] as const;
export type AccountSort = (typeof ACCOUNT_SORTS)[number];
export type SortDirection = 'asc' | 'desc';

/** Place in a listing after which the next page starts: the sort key and the id of the last row. */
export type PageKey = { readonly key: string; readonly id: AccountId };

export type ListQuery = {
  readonly parent: AccountId;
  readonly sort: AccountSort;
  readonly direction: SortDirection;
  readonly statuses: readonly AccountStatus[];
  readonly after: PageKey | null;
  readonly limit: number;
  readonly now: Instant;
  readonly visibility: MinutesVisibility;
};

/** One page of an account's children, with subtree totals that are read, not computed (performance.md 3). */
export type AccountPage = {
  readonly rows: AccountRow[];
  readonly next: PageKey | null;
  readonly total: number;
  readonly treeVersion: number;
};

// Each sort: the expression that is sorted by (with the id behind it) and its type, for comparing with a cursor.
const KEYS: Record<AccountSort, { expression: RawBuilder<unknown>; type: RawBuilder<unknown> }> = {
  name: { expression: sql`a.name_key`, type: sql`text` },
  members: { expression: sql`a.total_members`, type: sql`int` },
  agents: { expression: sql`a.total_agents`, type: sql`int` },
  minutes: { expression: MINUTES_TOTAL, type: sql`numeric` },
  created: { expression: sql`a.id`, type: sql`uuid` },
};

type Keyed = RawAccountRow & { sort_key: string };

/** Lists the children of an account inside the acting account's subtree. */
export async function listChildren(trx: TenantTransaction, query: ListQuery): Promise<AccountPage> {
  const treeVersion = await readTreeVersion(trx);
  const { columns, from } = selectAccountRows(query.now, query.parent);
  const { expression, type } = KEYS[query.sort];
  const order = query.direction === 'asc' ? sql`ASC` : sql`DESC`;
  const beyond = query.direction === 'asc' ? sql`>` : sql`<`;
  const after = query.after
    ? sql`AND (${expression}, a.id) ${beyond} (CAST(${query.after.key} AS ${type}), ${query.after.id}::uuid)`
    : sql``;
  const { rows } = await sql<Keyed>`
    SELECT ${columns}, (${expression})::text AS sort_key FROM ${from}
    WHERE a.root_id = acting_root() AND a.parent_id = ${query.parent} AND ${seenWith(query.statuses, query.now)} ${after}
    ORDER BY ${expression} ${order}, a.id ${order} LIMIT ${query.limit + 1}`.execute(trx);
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  return {
    rows: page.map((row) => toAccountRow(row, query.visibility, query.now)),
    next: rows.length > query.limit && last ? { key: last.sort_key, id: last.id as AccountId } : null,
    total: await countChildren(trx, query),
    treeVersion,
  };
}

async function countChildren(trx: TenantTransaction, { parent, statuses, now }: ListQuery): Promise<number> {
  if (statuses.length === 2 && !statuses.includes('closed')) {
    const row = await trx
      .selectFrom('accounts')
      .select('children')
      .where('root_id', '=', sql<string>`acting_root()`)
      .where('id', '=', parent)
      .executeTakeFirst();
    return row?.children ?? 0;
  }
  const row = await trx
    .selectFrom('accounts as a')
    .select(sql<number>`count(*)::int`.as('n'))
    .where('a.root_id', '=', sql<string>`acting_root()`)
    .where('a.parent_id', '=', parent)
    .where(seenWith(statuses, now))
    .executeTakeFirstOrThrow();
  return row.n;
}

/** The version of the acting account's tree; read before rows, so that live changes after it repeat state at worst, and miss none. */
export async function readTreeVersion(trx: TenantTransaction): Promise<number> {
  const row = await trx.selectFrom('tree_versions').select('version').executeTakeFirst();
  return Number(row?.version ?? 0);
}
