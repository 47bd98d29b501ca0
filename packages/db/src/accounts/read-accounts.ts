import {
  type AccountId,
  type AccountRef,
  type AccountRow,
  type AccountStatus,
  type Instant,
  type Levels,
  type Membership,
  packLevels,
  type Role,
  type SomeLevels,
  type Suspension,
  UNBOUNDED,
  type UserId,
} from '@tenantree/domain';
import { CompiledQuery, sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import { ACCOUNT_COLUMNS, type MinutesVisibility, suspensionOf, toAccountRow, withMinutes } from './account-rows.ts';
import { ACTING_ROOT, pathOf } from './place.ts';

/** Reads some accounts of the acting account's subtree, in no particular order; ids outside it are left out. */
export async function readAccountRows(
  trx: TenantTransaction,
  ids: readonly AccountId[],
  now: Instant,
  visibility: MinutesVisibility,
): Promise<AccountRow[]> {
  const found = sql`SELECT ${ACCOUNT_COLUMNS} FROM accounts_by_id(${[...ids]}::uuid[]) a`;
  const { rows } = await withMinutes({ now }, found, sql`page.id`).execute(trx);
  return rows.map((row) => toAccountRow(row, visibility, now));
}

/** One link of the chain from the root down to an account. */
export type ChainLink = {
  readonly id: AccountId;
  readonly rootId: AccountId;
  readonly name: string;
  readonly depth: number;
  readonly status: AccountStatus;
  readonly suspension: Suspension | null;
  /** When its suspension was decided; null without one. */
  readonly suspendedAt: Instant | null;
  /** Who pays for its usage now. */
  readonly payerId: AccountId;
  /** When its billing transfer ends by itself; null: none is under way. */
  readonly transferUntil: Instant | null;
  /** What its parent side leaves it; of a main account, everything. */
  readonly caps: Levels;
};

/** Asks a function of the database, in a transaction or outside; named, because these run before every call. */
async function ask<Row extends object>(
  from: Database | TenantTransaction,
  name: string,
  values: readonly unknown[],
): Promise<Row[]> {
  if (!('pool' in from))
    return (await sql<Row>`SELECT * FROM ${sql.ref(`public.${name}`)}(${sql.join(values)})`.execute(from)).rows;
  const text = `SELECT * FROM public.${name}(${values.map((_, index) => `$${index + 1}`).join(', ')})`;
  return (await from.pool.query<Row>({ name, text, values: [...values] })).rows;
}

type RawLink = {
  id: string;
  root_id: string;
  name: string;
  depth: number;
  status: AccountStatus;
  suspension_kind: Suspension['kind'] | null;
  suspended_from: Date | null;
  suspended_until: Date | null;
  suspended_at: Date | null;
  payer_id: string;
  transfer_until: Date | null;
  caps: SomeLevels | null;
};

const linkOf = (row: RawLink): ChainLink => ({
  id: row.id as AccountId,
  rootId: row.root_id as AccountId,
  name: row.name,
  depth: row.depth,
  status: row.status,
  payerId: row.payer_id as AccountId,
  transferUntil: instantOrNull(row.transfer_until),
  caps: capsOf(row.depth, row.caps),
  suspendedAt: instantOrNull(row.suspended_at),
  suspension: suspensionOf(row),
});

/** The chain from the root to an account (last), or an empty list when there is no such account. Needs no acting account: it decides about it. */
export const readChain = async (from: Database | TenantTransaction, account: AccountId): Promise<ChainLink[]> =>
  (await ask<RawLink>(from, 'account_chain', [account])).map(linkOf);

/** The same of many accounts; of one that there isn't, nothing. */
export async function readChains(
  from: Database | TenantTransaction,
  accounts: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, readonly ChainLink[]>> {
  type Row = RawLink & { of: AccountId };
  const of = 'SELECT * FROM public.account_chains($1)';
  const { rows } =
    'pool' in from
      ? await from.pool.query<Row>({ name: 'account_chains', text: of, values: [[...accounts]] })
      : await from.executeQuery<Row>(CompiledQuery.raw(of, [[...accounts]]));
  const chains = new Map<AccountId, ChainLink[]>();
  for (const { of, ...row } of rows) {
    const chain = chains.get(of) ?? [];
    chain.push(linkOf(row));
    chains.set(of, chain);
  }
  return chains;
}

/** Caps as they bind: none bind a main account. Without a row, which every other has, nothing is left. */
export const capsOf = (depth: number, stored: SomeLevels | null): Levels =>
  depth === 0 ? UNBOUNDED : packLevels(stored ?? {});

/** The paths of some accounts, root first; those that are not there are left out. Needs no acting account: they decide about it. */
export async function readPaths(
  db: Database,
  accounts: readonly AccountId[],
): Promise<ReadonlyMap<AccountId, readonly AccountId[]>> {
  const { rows } = await sql<{ id: AccountId; root_id: AccountId; path_key: Buffer }>`
    SELECT * FROM public.account_places(${[...accounts]}::uuid[])`.execute(db.app);
  return new Map(rows.map(({ id, root_id, path_key }) => [id, pathOf(root_id, path_key)]));
}

/**
 * A person's memberships that stand on a path. Needs no acting account: they decide about it.
 *
 * @param path its root first; several paths of one tree may be one list
 */
export async function readMembershipsOn(
  from: Database | TenantTransaction,
  user: UserId,
  path: readonly AccountId[],
): Promise<Membership[]> {
  const rows = await ask<{ account_id: AccountId; role: Role }>(from, 'memberships_on', [user, path]);
  return rows.map((row) => ({ account: row.account_id, role: row.role }));
}

/** An account where a person comes in. */
export type Entrance = { readonly id: AccountId; readonly name: string; readonly role: Role };

/** Where a person enters: the topmost accounts of theirs, oldest membership first. Accounts below that a role reaches anyway are left out. */
export async function readEntrances(db: Database, user: UserId, limit: number): Promise<Entrance[]> {
  const { rows } = await sql<{ account_id: AccountId; account_name: string; role: Role }>`
    SELECT * FROM public.entrances_of(${user}, ${limit})`.execute(db.app);
  return rows.map((row) => ({ id: row.account_id, name: row.account_name, role: row.role }));
}

/** Accounts with an external id that a person may know of, all of them or those at and below one account. */
export async function findByExternalId(
  db: Database,
  externalId: string,
  user: UserId,
  within: AccountId | null,
): Promise<AccountId[]> {
  const { rows } = await db.pool.query<{ id: AccountId }>({
    name: 'accounts_by_external_id',
    text: 'SELECT accounts_by_external_id AS id FROM public.accounts_by_external_id($1, $2, $3)',
    values: [externalId, user, within],
  });
  return rows.map((row) => row.id);
}

/** An account that usage may be recorded for. */
export type KnownAccount = { readonly id: AccountId; readonly closedAt: Instant | null };

/** An account as somebody calls it who was above it at an instant. */
export type FormerlyNamed = { readonly ref: AccountRef; readonly at: Instant };

/**
 * Finds accounts that stood below the acting one at an instant, wherever they stand now.
 *
 * @returns of each the account and the main account of its tree now; null: it was not there then
 */
export async function findFormer(
  trx: TenantTransaction,
  asked: readonly FormerlyNamed[],
): Promise<({ readonly id: AccountId; readonly root: AccountId } | null)[]> {
  type Raw = { n: string; account_id: AccountId; root_id: AccountId };
  const ids = asked.map(({ ref }) => (ref.kind === 'id' ? ref.id : null));
  const externalIds = asked.map(({ ref }) => (ref.kind === 'external' ? ref.externalId : null));
  const { rows } = await sql<Raw>`
    SELECT * FROM formerly_below(${ids}::uuid[], ${externalIds}::text[], ${asked.map(({ at }) => at)}::timestamptz[])`.execute(
    trx,
  );
  const found = new Map(rows.map(({ n, account_id: id, root_id: root }) => [Number(n), { id, root }]));
  return asked.map((_, index) => found.get(index + 1) ?? null);
}

/** Finds those of the named accounts that stand in the acting account's subtree, by id and by external id. */
export async function resolveInSubtree(
  trx: TenantTransaction,
  ids: readonly string[],
  externalIds: readonly string[],
): Promise<{ byId: Map<string, KnownAccount>; byExternalId: Map<string, KnownAccount> }> {
  type Raw = { id: AccountId; external_id: string | null; closed_at: Date | null };
  // Two branches, so that each uses its own index.
  const { rows } = await sql<Raw>`
    SELECT id, external_id, closed_at FROM accounts WHERE root_id = ${ACTING_ROOT} AND id = ANY (${[...ids]}::uuid[])
    UNION
    SELECT id, external_id, closed_at FROM accounts WHERE root_id = ${ACTING_ROOT} AND external_id = ANY (${[...externalIds]}::text[])`.execute(
    trx,
  );
  const known = rows.map((row) => ({
    id: row.id,
    externalId: row.external_id,
    closedAt: instantOrNull(row.closed_at),
  }));
  return {
    byId: new Map(known.map((account) => [account.id, account])),
    byExternalId: new Map(
      known.flatMap((account) => (account.externalId === null ? [] : [[account.externalId, account]])),
    ),
  };
}
