import { type Kysely, sql } from 'kysely';

/** Usage that counts whatever happens to its account, and is corrected only by those who bill for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The chain tells who pays: what lowers a bill is decided by that (decisions.md 5).
    DROP FUNCTION account_chain;
    CREATE FUNCTION account_chain(p_account uuid) RETURNS TABLE (
      id uuid, root_id uuid, parent_id uuid, name text, depth smallint, status text,
      suspension_kind text, suspended_from timestamptz, suspended_until timestamptz, payer_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT c.id, c.root_id, c.parent_id, c.name, c.depth, c.status, c.suspension_kind, c.suspended_from, c.suspended_until, c.payer_id
      FROM accounts a JOIN accounts c ON c.id = ANY (a.path) WHERE a.id = p_account ORDER BY c.depth
    $$;
    REVOKE ALL ON FUNCTION account_chain FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION account_chain TO tenantree_app;
  `.execute(db);
}
