import {
  type AccountId,
  type AccountRow,
  type Decimal,
  type Instant,
  type Levels,
  NO_LEVELS,
  packLevels,
  type SomeLevels,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { MINUTES_METER } from '../accounts/account-rows.ts';
import { readNear } from '../accounts/filter-accounts.ts';
import { readTreeVersion } from '../accounts/list-accounts.ts';
import { ACTING_ROOT, pathOf } from '../accounts/place.ts';
import { readAccountRows } from '../accounts/read-accounts.ts';
import type { Database, TenantTransaction } from '../database.ts';
import { readExplainedChain } from '../permissions/caps.ts';
import type { NearChange, TotalChange } from '../usage/count-usage.ts';
import { inUnit, storedAs } from '../usage/in-unit.ts';
import { readMoves, readTreeNews, type TreeNews } from './read-changes.ts';

/** What a live state tells of how far it goes back. Everything up to `version` is in it. */
type StateBounds = {
  readonly version: number;
  /** It holds what changed after this version; 0: all there is to tell, whatever its versions are. */
  readonly from: number;
  /** What changed since the version that was asked for is not known any more, or too much: whoever shows more than this reads it anew. */
  readonly gap: boolean;
};

/** Counted usage of accounts as of a version of their tree, for viewers that attach, resume or were cut off from other processes. */
export type UsageState = StateBounds & {
  /** With the version of the tree that each total is of. */
  readonly changes: (TotalChange & { readonly version: number })[];
  /** What was moved since, and all that stood or stand above it: who watches some accounts below one of these reads them anew. */
  readonly moved: readonly AccountId[];
};

/** Children that a first state of usage holds when nobody says which accounts are watched. */
const FIRST_CHILDREN = 200;

/** Everything that is read, and the version it is read as of, belong together. */
const atOneMoment = <T>(db: Database, account: AccountId, read: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
  db.withTenant(account, read, { snapshot: true });

/** The present version of the tree that an account is in; 0 before the tree's first change. */
export const readLiveVersion = (db: Database, account: AccountId): Promise<number> =>
  db.withTenant(account, readTreeVersion, { snapshot: true });

export type UsageStateQuery = {
  readonly subtree: AccountId;
  /** 0: the present state; otherwise what changed after this version. */
  readonly since: number;
  readonly period: Instant;
  /** Read no others than these. */
  readonly only?: readonly AccountId[];
};

/**
 * Reads the minutes of some accounts of a subtree, or of what changed in it. Never all of it: without a list, the present state is that of the
 * account itself and its first children, and a state since a version that is not known any more is that, with a gap.
 */
export async function readUsageState(db: Database, query: UsageStateQuery): Promise<UsageState> {
  const { subtree, since, only } = query;
  return atOneMoment(db, subtree, async (trx) => {
    const version = await readTreeVersion(trx);
    const moves = since > 0 ? await readMoves(trx, since) : new Map<AccountId, number>();
    const bounds = { version, moved: [...moves.keys()] };
    if (only) {
      // What came here with a move was counted before, elsewhere: its versions tell nothing.
      const from = moves.has(subtree) ? 0 : since;
      const changes = (await readTotals(trx, only, query.period, moves)).filter((one) => one.version > from);
      return { ...bounds, from, gap: false, changes };
    }
    const news = since > 0 ? await readTreeNews(trx, 'usage', since, version) : null;
    if (news)
      return {
        ...bounds,
        from: since,
        gap: false,
        changes: await readTotals(trx, [...news.keys()], query.period, news),
      };
    const first = [subtree, ...(await readFirstChildren(trx, subtree))];
    return { ...bounds, from: 0, gap: since > 0, changes: await readTotals(trx, first, query.period) };
  });
}

async function readFirstChildren(trx: TenantTransaction, account: AccountId): Promise<AccountId[]> {
  const { rows } = await sql<{ id: AccountId }>`
    SELECT id FROM accounts WHERE root_id = ${ACTING_ROOT} AND parent_id = ${account} ORDER BY id LIMIT ${FIRST_CHILDREN}`.execute(
    trx,
  );
  return rows.map(({ id }) => id);
}

/** Reads totals by key, of the acting account's subtree: the policy leaves out what is beside it, and leads nothing. @param news versions that count when they are newer than a total's own */
async function readTotals(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
  period: Instant,
  news?: TreeNews,
): Promise<UsageState['changes']> {
  if (accounts.length === 0) return [];
  type Raw = { id: AccountId; root_id: AccountId; path_key: Buffer; own: Decimal; total: Decimal; version: string };
  const { rows } = await sql<Raw>`
    SELECT a.id, a.root_id, a.path_key, ${inUnit(sql`t.own`, MINUTES_METER)}::text AS own, ${inUnit(sql`t.total`, MINUTES_METER)}::text AS total, t.version
    FROM accounts a JOIN usage_totals t ON t.account_id = a.id AND t.meter = ${storedAs(MINUTES_METER)} AND t.period = ${period}::timestamptz
    WHERE a.root_id = ${ACTING_ROOT} AND a.id = ANY (${[...accounts]}::uuid[])`.execute(trx);
  return rows.map(({ id: account, root_id, path_key, own, total, version }) => ({
    account,
    path: pathOf(root_id, path_key),
    own,
    total,
    version: Math.max(Number(version), news?.get(account) ?? 0),
  }));
}

/** An account row with where it stands, so that the hub knows whose viewers see it. */
export type PlacedAccount = { readonly row: AccountRow; readonly path: readonly AccountId[]; readonly version: number };

/** An account that is no longer where it was: the path it left. It may live on elsewhere in the tree, or be erased. */
export type Departure = { readonly account: AccountId; readonly path: readonly AccountId[]; readonly version: number };

export type AccountsState = StateBounds & {
  readonly accounts: PlacedAccount[];
  readonly departures: Departure[];
};

/**
 * Reads the accounts of a subtree that changed after a version, and those that left a place in it since. Rows come without minutes. Where what
 * changed is not known any more the state is empty, with a gap.
 */
export async function readAccountsState(
  db: Database,
  query: {
    readonly subtree: AccountId;
    readonly since: number;
    readonly now: Instant;
    /** Read no other changed accounts than these, and what is told of by `childrenOf`. */
    readonly only?: readonly AccountId[];
    /** With `only`: those directly below these, too. */
    readonly childrenOf?: readonly AccountId[];
  },
): Promise<AccountsState> {
  const { subtree, since, now, only, childrenOf = [] } = query;
  return atOneMoment(db, subtree, async (trx) => {
    const version = await readTreeVersion(trx);
    const news = await readTreeNews(trx, 'accounts', since, version);
    if (news === null) return { version, from: 0, gap: true, accounts: [], departures: [] };
    const departures = news.size === 0 ? [] : await readDepartures(trx, since);
    const left = new Set(departures.map(({ account }) => account));
    const places = await readPlaces(trx, [...new Set([...news.keys(), ...left])]);
    const [wanted, parents] = [new Set(only), new Set(childrenOf)];
    const told = places.filter(
      ({ id, path }) => !only || wanted.has(id) || left.has(id) || parents.has(path.at(-2) as AccountId),
    );
    const ids = told.map(({ id }) => id);
    const rows = ids.length === 0 ? [] : await readAccountRows(trx, ids, now, 'without_minutes');
    const byId = new Map(rows.map((row) => [row.id, row]));
    const accounts = told.flatMap(({ id, path, version: at }) => {
      const row = byId.get(id);
      return row ? [{ row, path, version: Math.max(at, news.get(id) ?? 0) }] : [];
    });
    return { version, from: since, gap: false, accounts, departures };
  });
}

/** The caps of an account and of all above it, root first, with where it stands. */
export type PlacedCapsState = {
  readonly account: AccountId;
  readonly path: readonly AccountId[];
  /** Version of the tree in which something of it changed last. */
  readonly version: number;
  readonly stored: { readonly version: number; readonly levels: SomeLevels };
  readonly above: readonly Levels[];
};

/**
 * Reads the caps of those accounts of a subtree that changed after a version, or have something above them that did: of those that are named,
 * or of the changed ones and of the account itself. Where what changed is not known any more the state is empty, with a gap.
 */
export async function readCapsState(
  db: Database,
  query: { readonly subtree: AccountId; readonly since: number; readonly only?: readonly AccountId[] },
): Promise<StateBounds & { readonly accounts: readonly PlacedCapsState[] }> {
  const { subtree, since, only } = query;
  return atOneMoment(db, subtree, async (trx) => {
    const version = await readTreeVersion(trx);
    const news = await readTreeNews(trx, 'accounts', since, version);
    if (news === null) return { version, from: 0, gap: true, accounts: [] };
    if (news.size === 0) return { version, from: since, gap: false, accounts: [] };
    const wanted = await readCapsAt(trx, only ?? [subtree, ...news.keys()]);
    const touched = wanted.flatMap((one) => {
      const changes = one.path.flatMap((id) => news.get(id) ?? []);
      return changes.length === 0 ? [] : [{ ...one, version: Math.max(...changes) }];
    });
    if (touched.length === 0) return { version, from: since, gap: false, accounts: [] };
    const { chain } = await readExplainedChain(trx, null);
    const between = new Set(touched.flatMap(({ path }) => path.slice(chain.length, -1)));
    const caps = new Map([
      ...chain.map(({ id, caps }) => [id, caps] as const),
      ...(await readCapsAt(trx, [...between])).map(
        ({ account, stored }) => [account, packLevels(stored.levels)] as const,
      ),
    ]);
    const accounts = touched.map((one) => ({
      ...one,
      above: one.path.slice(0, -1).flatMap((id) => [caps.get(id) ?? NO_LEVELS]),
    }));
    return { version, from: since, gap: false, accounts };
  });
}

/** Whether accounts are near a maximum of minutes of their own, and where they stand. */
export type NearState = StateBounds & {
  readonly accounts: readonly (NearChange & { readonly version: number })[];
};

/**
 * Reads which of some accounts of a subtree are near a maximum of minutes of their own. Which of all of them came to be since a version
 * nobody knows: the state is empty then, with a gap where anything happened.
 */
export async function readNearState(
  db: Database,
  query: {
    readonly subtree: AccountId;
    readonly since: number;
    readonly now: Instant;
    readonly only?: readonly AccountId[];
  },
): Promise<NearState> {
  const { subtree, since, now, only } = query;
  return atOneMoment(db, subtree, async (trx) => {
    const version = await readTreeVersion(trx);
    if (!only) return { version, from: since, gap: since < version, accounts: [] };
    const accounts = (await readNear(trx, only, now)).map((one) => ({ ...one, version }));
    return { version, from: since, gap: false, accounts };
  });
}

type CapsAt = Pick<PlacedCapsState, 'account' | 'path' | 'stored'>;

/** The caps of some accounts of the acting subtree; main accounts have none. */
async function readCapsAt(trx: TenantTransaction, accounts: readonly AccountId[]): Promise<CapsAt[]> {
  if (accounts.length === 0) return [];
  type Raw = { id: AccountId; root_id: AccountId; path_key: Buffer; levels: SomeLevels; version: number };
  const { rows } = await sql<Raw>`
    SELECT a.id, a.root_id, a.path_key, c.levels, c.version FROM accounts a
    JOIN account_caps c ON c.account_id = a.id
    WHERE a.root_id = ${ACTING_ROOT} AND a.id = ANY (${[...new Set(accounts)]}::uuid[])`.execute(trx);
  return rows.map(({ id, root_id, path_key, levels, version }) => ({
    account: id,
    path: pathOf(root_id, path_key),
    stored: { version, levels },
  }));
}

/** What left a place in the acting account's subtree after a version. */
async function readDepartures(trx: TenantTransaction, since: number): Promise<Departure[]> {
  const { rows } = await sql<{ account_id: AccountId; root_id: AccountId; path_key: Buffer; version: string }>`
    SELECT * FROM departures_since(${since})`.execute(trx);
  return rows.map((row) => ({
    account: row.account_id,
    path: pathOf(row.root_id, row.path_key),
    version: Number(row.version),
  }));
}

/** Where those of some accounts stand that are in the acting account's subtree, and the version of their last change. */
async function readPlaces(
  trx: TenantTransaction,
  accounts: readonly AccountId[],
): Promise<{ readonly id: AccountId; readonly path: readonly AccountId[]; readonly version: number }[]> {
  if (accounts.length === 0) return [];
  const { rows } = await sql<{ id: AccountId; root_id: AccountId; path_key: Buffer; version: string }>`
    SELECT id, root_id, path_key, version FROM accounts WHERE root_id = ${ACTING_ROOT} AND id = ANY (${[...accounts]}::uuid[])`.execute(
    trx,
  );
  return rows.map((row) => ({ id: row.id, path: pathOf(row.root_id, row.path_key), version: Number(row.version) }));
}
