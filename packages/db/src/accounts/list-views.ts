import type { AccountId, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { ACTING_ROOT } from './place.ts';

/** Whose view of which account's list. */
export type ViewOwner = { readonly account: AccountId; readonly owner: string };

/** A view that somebody keeps. */
export type KeptView<Look> = { readonly id: RowId; readonly name: string; readonly look: Look };

/** The views that somebody keeps, by name. */
export async function readViews<Look>(
  trx: TenantTransaction,
  { account, owner }: ViewOwner,
): Promise<KeptView<Look>[]> {
  const { rows } = await sql<KeptView<Look>>`
    SELECT id, name, look FROM list_views WHERE root_id = ${ACTING_ROOT} AND account_id = ${account} AND owner = ${owner}
    ORDER BY name_key COLLATE by_name, id`.execute(trx);
  return rows;
}

/**
 * Keeps a view, or changes the one with its id.
 *
 * @param most views that somebody may keep
 * @returns `taken`: another one of theirs has the name; `many`: they keep as many as they may
 */
export async function insertView<Look>(
  trx: TenantTransaction,
  { account, owner }: ViewOwner,
  { id, name, nameKey, look }: KeptView<Look> & { readonly nameKey: string },
  most: number,
): Promise<'kept' | 'taken' | 'many'> {
  // One after the other, so that names and their number stay what is looked at here.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'views', ${account}::text, ${owner}::text), 0))`.execute(
    trx,
  );
  const { rows } = await sql<{ n: number; taken: boolean | null }>`
    SELECT count(*) FILTER (WHERE id <> ${id}::uuid)::int AS n, bool_or(name_key = ${nameKey} AND id <> ${id}::uuid) AS taken
    FROM list_views WHERE root_id = ${ACTING_ROOT} AND account_id = ${account} AND owner = ${owner}`.execute(trx);
  const { n, taken } = rows[0]!;
  if (taken) return 'taken';
  if (n >= most) return 'many';
  await sql`
    INSERT INTO list_views (account_id, owner, id, name, name_key, look)
    VALUES (${account}, ${owner}, ${id}, ${name}, ${nameKey}, ${JSON.stringify(look)}::jsonb)
    ON CONFLICT (root_id, account_id, owner, id) DO UPDATE SET name = EXCLUDED.name, name_key = EXCLUDED.name_key, look = EXCLUDED.look`.execute(
    trx,
  );
  return 'kept';
}

/** Whether somebody keeps a view. */
export async function findView(trx: TenantTransaction, { account, owner }: ViewOwner, id: RowId): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM list_views WHERE root_id = ${ACTING_ROOT} AND account_id = ${account} AND owner = ${owner} AND id = ${id}::uuid`.execute(
    trx,
  );
  return rows.length > 0;
}

/** Forgets a view. @returns whether there was one */
export async function deleteView(trx: TenantTransaction, { account, owner }: ViewOwner, id: RowId): Promise<boolean> {
  const { numAffectedRows } = await sql`
    DELETE FROM list_views WHERE root_id = ${ACTING_ROOT} AND account_id = ${account} AND owner = ${owner} AND id = ${id}::uuid`.execute(
    trx,
  );
  return numAffectedRows === 1n;
}
