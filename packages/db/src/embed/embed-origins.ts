import { type AccountId, areListed, type Instant, type RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import { atOrBelow } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';
import { endEmbedSessions } from './embed-tokens.ts';

/** A list of origins, and the account that has it. */
export type OriginList = { readonly account: AccountId; readonly origins: readonly string[] };

type Raw = { account_id: AccountId; origins: string[] };
const listIn = ([row]: readonly Raw[]): OriginList | null =>
  row ? { account: row.account_id, origins: row.origins } : null;

/** The list that holds for an account: its own, or that of the nearest account above that has one; null: none has. */
export async function findOriginList(db: Database, account: AccountId): Promise<OriginList | null> {
  const { rows } = await sql<Raw>`SELECT * FROM public.embed_origins_of(${account})`.execute(db.app);
  return listIn(rows);
}

/** The same for an account that the acting one reaches, in the middle of a change. */
export async function readOriginList(trx: TenantTransaction, account: AccountId): Promise<OriginList | null> {
  const { rows } = await sql<Raw>`SELECT * FROM reached_origins(${account})`.execute(trx);
  return listIn(rows);
}

/** The list that holds for the acting account until the transaction ends; null: none does. */
export async function holdOrigins(trx: TenantTransaction): Promise<readonly string[] | null> {
  const { rows } = await sql<{ origins: string[] | null }>`SELECT acting_origins() AS origins`.execute(trx);
  return rows[0]?.origins ?? null;
}

/** Waits for whoever opens a session by a list of the tree; until the transaction ends nobody does. */
export const lockOrigins = (trx: TenantTransaction): Promise<unknown> =>
  sql`SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'embed origins', acting_root()), 0))`.execute(trx);

/** Gives an account a list of its own, or (null) takes it away. Whoever opens a session by the list before is waited for. */
export async function storeOriginList(
  trx: TenantTransaction,
  account: AccountId,
  origins: readonly string[] | null,
): Promise<void> {
  await lockOrigins(trx);
  if (origins === null) {
    await trx.deleteFrom('embed_origins').where('account_id', '=', account).execute();
    return;
  }
  await trx
    .insertInto('embed_origins')
    .values({ account_id: account, origins: [...origins] })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ origins: [...origins] }))
    .execute();
}

/**
 * Ends live sessions of an account and of all below it, but for what is below another list there, on origins that are not on the list that
 * holds from now on.
 *
 * @returns which ended
 */
export async function endUnlistedSessions(
  trx: TenantTransaction,
  account: AccountId,
  list: readonly string[],
  now: Instant,
): Promise<RowId[]> {
  const { rows } = await sql<{ id: RowId; origins: string[] }>`
    SELECT e.id, e.origins FROM embed_tokens e
    CROSS JOIN LATERAL (SELECT x.root_id, x.path_key FROM accounts x WHERE x.root_id = e.root_id AND x.id = e.account_id LIMIT 1) a
    WHERE e.root_id = acting_root() AND e.ended_at IS NULL AND e.expires_at > ${now}::timestamptz AND ${atOrBelow('a', account)}
    AND NOT EXISTS (
      SELECT FROM embed_origins o
      WHERE o.account_id = ANY ((path_of(a.root_id, a.path_key))[octet_length(place_of(${account}::uuid)) / 16 + 2 :]))`.execute(
    trx,
  );
  const ids = rows.filter(({ origins }) => !areListed(list, origins)).map(({ id }) => id);
  return ids.length === 0 ? [] : endEmbedSessions(trx, { ids }, now);
}

/** The origins in the lists of an account and of those below it, each once. */
export async function readOriginsBelow(trx: TenantTransaction, account: AccountId, limit: number): Promise<string[]> {
  const { rows } = await sql<{ origin: string }>`
    SELECT DISTINCT u.origin FROM accounts a
    CROSS JOIN LATERAL (SELECT x.origins FROM embed_origins x WHERE x.account_id = a.id LIMIT 1) o
    CROSS JOIN LATERAL unnest(o.origins) u(origin) WHERE ${atOrBelow('a', account)} ORDER BY 1 LIMIT ${limit}`.execute(
    trx,
  );
  return rows.map(({ origin }) => origin);
}
