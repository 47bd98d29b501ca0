import type { AccountId, AccountRow, Decimal, Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import { MINUTES_METER } from '../accounts/account-rows.ts';
import { readTreeVersion } from '../accounts/list-accounts.ts';
import { readAccountRows } from '../accounts/read-accounts.ts';
import type { Database, TenantTransaction } from '../database.ts';
import type { TotalChange } from '../usage/count-usage.ts';
import { inUnit, storedAs } from '../usage/in-unit.ts';

/** Counted usage of a subtree as of a version of its tree, for viewers that attach, resume or were cut off from other processes. */
export type UsageState = {
  readonly version: number;
  /** With the version of the tree that each total is of. */
  readonly changes: (TotalChange & { readonly version: number })[];
};

type RawTotal = { account_id: string; path: string[]; own: string; total: string; version: string };

/** Everything that is read, and the version it is read as of, belong together. */
const atOneMoment = <T>(db: Database, account: AccountId, read: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.withTenant(account, read, { snapshot: true });

/** The present version of the tree that an account is in; 0 before the tree's first change. */
export const readLiveVersion = (db: Database, account: AccountId): Promise<number> =>
  db.withTenant(account, readTreeVersion, { snapshot: true });

/**
 * Reads the minutes of the accounts of a subtree that changed after a version (all that have usage: `since` -1).
 *
 * @param only read no others than these
 */
export async function readUsageState(
  db: Database,
  query: {
    readonly subtree: AccountId;
    readonly since: number;
    readonly period: Instant;
    readonly only?: readonly AccountId[];
  },
): Promise<UsageState> {
  return atOneMoment(db, query.subtree, async (trx) => {
    const version = await readTreeVersion(trx);
    const only = query.only ? sql`AND a.id = ANY (${[...query.only]}::uuid[])` : sql``;
    const { rows } = await sql<RawTotal>`
      SELECT a.id AS account_id, a.path, ${inUnit(sql`t.own`, MINUTES_METER)}::text AS own, ${inUnit(sql`t.total`, MINUTES_METER)}::text AS total, t.version
      FROM accounts a JOIN usage_totals t ON t.account_id = a.id AND t.meter = ${storedAs(MINUTES_METER)} AND t.period = ${query.period}::timestamptz
      WHERE a.path @> ARRAY[${query.subtree}::uuid] AND t.version > ${query.since} ${only}`.execute(trx);
    return {
      version,
      changes: rows.map((row) => ({
        account: row.account_id as AccountId,
        path: row.path as AccountId[],
        own: row.own as Decimal,
        total: row.total as Decimal,
        version: Number(row.version),
      })),
    };
  });
}

/** An account row with where it stands, so that the hub knows whose viewers see it. */
export type PlacedAccount = { readonly row: AccountRow; readonly path: readonly AccountId[]; readonly version: number };

/** An account that is no longer where it was: the path it left. It may live on elsewhere in the tree, or be erased. */
export type Departure = { readonly account: AccountId; readonly path: readonly AccountId[]; readonly version: number };

export type AccountsState = {
  readonly version: number;
  readonly accounts: PlacedAccount[];
  readonly departures: Departure[];
};

/**
 * Reads the accounts of a subtree whose rows changed after a version, and those that left a place in it since. Rows come without minutes.
 *
 * @param only read no other changed accounts than these, and those that left a place but still are in the subtree
 */
export async function readAccountsState(
  db: Database,
  query: {
    readonly subtree: AccountId;
    readonly since: number;
    readonly now: Instant;
    readonly only?: readonly AccountId[];
  },
): Promise<AccountsState> {
  return atOneMoment(db, query.subtree, async (trx) => {
    const version = await readTreeVersion(trx);
    const left = await sql<{ account_id: AccountId; path: AccountId[]; version: string }>`
      SELECT account_id, path, version FROM departures WHERE path @> ARRAY[${query.subtree}::uuid] AND version > ${query.since}
      ORDER BY version`.execute(trx);
    const wanted = query.only && [...query.only, ...left.rows.map((row) => row.account_id)];
    const only = wanted ? sql`AND id = ANY (${wanted}::uuid[])` : sql``;
    const changed = await sql<{ id: AccountId; path: AccountId[]; version: string }>`
      SELECT id, path, version FROM accounts
      WHERE path @> ARRAY[${query.subtree}::uuid] AND version > ${query.since} ${only}`.execute(trx);
    const places = new Map(changed.rows.map((row) => [row.id, row]));
    const rows = await readAccountRows(trx, [...places.keys()], query.now, 'without_minutes');
    return {
      version,
      accounts: rows.flatMap((row) => {
        const place = places.get(row.id);
        return place ? [{ row, path: place.path, version: Number(place.version) }] : [];
      }),
      departures: left.rows.map((row) => ({ account: row.account_id, path: row.path, version: Number(row.version) })),
    };
  });
}
