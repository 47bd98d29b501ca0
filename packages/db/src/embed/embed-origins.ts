import type { AccountId, Instant, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import { ACTING_ROOT, atOrBelow } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';

/** A list of origins, and the account that has it. */
export type OriginList = { readonly account: AccountId; readonly origins: readonly string[] };

/** The list that holds for an account: its own, or that of the nearest account above that has one; null: none has. */
export async function findOriginList(db: Database, account: AccountId): Promise<OriginList | null> {
  const { rows } = await sql<{ account_id: AccountId; origins: string[] }>`
    SELECT * FROM public.embed_origins_of(${account})`.execute(db.app);
  return rows[0] ? { account: rows[0].account_id, origins: rows[0].origins } : null;
}

/** The list that holds for the acting account until the transaction ends; null: none does. */
export async function holdOrigins(trx: TenantTransaction): Promise<readonly string[] | null> {
  const { rows } = await sql<{ origins: string[] | null }>`SELECT acting_origins() AS origins`.execute(trx);
  return rows[0]?.origins ?? null;
}

/** Gives an account a list of its own, or (null) takes it away. Whoever opens a session by the list before is waited for. */
export async function storeOriginList(
  trx: TenantTransaction,
  account: AccountId,
  origins: readonly string[] | null,
): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'embed origins', acting_root()), 0))`.execute(
    trx,
  );
  if (origins === null) {
    await trx
      .deleteFrom('embed_origins')
      .where('root_id', '=', ACTING_ROOT)
      .where('account_id', '=', account)
      .execute();
    return;
  }
  await trx
    .insertInto('embed_origins')
    .values({ account_id: account, origins: [...origins] })
    .onConflict((conflict) => conflict.columns(['root_id', 'account_id']).doUpdateSet({ origins: [...origins] }))
    .execute();
}

/** Live sessions for which the list of the acting account holds: of its subtree, but for what is below another list. */
export async function readSessionsUnderList(
  trx: TenantTransaction,
  account: AccountId,
  now: Instant,
): Promise<{ readonly id: RowId; readonly origins: readonly string[] }[]> {
  const { rows } = await sql<{ id: RowId; origins: string[] }>`
    SELECT e.id, e.origins FROM embed_tokens e
    CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = e.root_id AND x.id = e.account_id LIMIT 1) a
    WHERE e.root_id = acting_root() AND e.ended_at IS NULL AND e.expires_at > ${now}::timestamptz AND NOT EXISTS (
      SELECT FROM embed_origins o JOIN accounts l ON l.root_id = o.root_id AND l.id = o.account_id
      WHERE o.root_id = acting_root() AND o.account_id <> ${account}
        AND a.path_key >= l.path_key AND a.path_key < l.path_key || '\\xff'::bytea)`.execute(trx);
  return rows;
}

/** The origins in the lists of an account and of those below it, each once. */
export async function readOriginsBelow(trx: TenantTransaction, account: AccountId, limit: number): Promise<string[]> {
  const { rows } = await sql<{ origin: string }>`
    SELECT DISTINCT u.origin FROM accounts a
    CROSS JOIN LATERAL (SELECT x.origins FROM embed_origins x WHERE x.root_id = a.root_id AND x.account_id = a.id LIMIT 1) o
    CROSS JOIN LATERAL unnest(o.origins) u(origin) WHERE ${atOrBelow('a', account)} ORDER BY 1 LIMIT ${limit}`.execute(
    trx,
  );
  return rows.map(({ origin }) => origin);
}
