import type { AccountId, AccountRow } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { ACCOUNT_COLUMNS, type MinutesVisibility, seenWith, toAccountRow, withMinutes } from './account-rows.ts';
import { type FilterQuery, matchesFilters } from './filter-accounts.ts';
import { ACTING_ROOT, atOrBelow, pathOf } from './place.ts';
import { matchesText, type SearchText } from './search-accounts.ts';

/** An account below another one, and the way down to it. */
export type AccountBelow = {
  readonly row: AccountRow;
  readonly parentExternalId: string | null;
  /** From right below that other one to the account itself. */
  readonly path: readonly AccountId[];
};

export type BelowQuery = FilterQuery & {
  /** Only these; null: all. */
  readonly only: readonly AccountId[] | null;
  /** Only those that match what was typed. */
  readonly search?: SearchText | null;
  /** Only those behind this one in the order of the tree; null: from the first on. */
  readonly after: AccountId | null;
  readonly limit: number;
  readonly visibility: MinutesVisibility;
};

/** Reads accounts below an account, at any depth, in the order of the tree: parents before their children. */
export async function readAccountsBelow(trx: TenantTransaction, query: BelowQuery): Promise<AccountBelow[]> {
  const { within, under = within, only, search = null, statuses, after, limit, now, visibility } = query;
  const behind = after === null ? sql`true` : sql`a.path_key > place_of(${after}::uuid)`;
  const chosen = only === null ? sql`true` : sql`a.id = ANY (${[...only]}::uuid[])`;
  const found = search === null ? sql`true` : matchesText(search);
  type Below = { path_key: Buffer; within_depth: number };
  const page = sql`
    SELECT ${ACCOUNT_COLUMNS}, a.path_key, (SELECT octet_length(place_of(${within}::uuid)) / 16) AS within_depth
    FROM accounts a WHERE ${atOrBelow('a', under)} AND a.id <> ${under} AND ${seenWith(statuses, now)} AND ${chosen} AND ${behind}
      AND ${matchesFilters(query)} AND ${found}
    ORDER BY a.path_key LIMIT ${limit}`;
  const { rows } = await withMinutes<Below>({ now }, page, sql`page.path_key`).execute(trx);
  const externalIds = await readExternalIds(trx, [...new Set(rows.flatMap((row) => row.parent_id ?? []))]);
  return rows.map((raw) => ({
    row: toAccountRow(raw, visibility, now),
    parentExternalId: externalIds.get(raw.parent_id) ?? null,
    path: pathOf(within, raw.path_key).slice(raw.within_depth + 1),
  }));
}

/** Most accounts of a page have their parent with others: each is looked up once. */
async function readExternalIds(
  trx: TenantTransaction,
  accounts: readonly string[],
): Promise<ReadonlyMap<string | null, string | null>> {
  if (accounts.length === 0) return new Map();
  const rows = await trx
    .selectFrom('accounts')
    .select(['id', 'external_id'])
    .where('root_id', '=', ACTING_ROOT)
    .where('id', 'in', [...accounts])
    .execute();
  return new Map(rows.map(({ id, external_id }) => [id, external_id]));
}
