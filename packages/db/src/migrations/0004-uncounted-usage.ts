import { type Kysely, sql } from 'kysely';

/**
 * Usage is recorded first and counted right after (docs/decisions/0004-usage-is-counted-after-it-is-recorded.md).
 *
 * `record_usage` is the one way in: it stores events and, in the same transaction, what they add to the totals, as one row of
 * `uncounted_usage`. `count_usage` adds all such rows to the totals of accounts and their ancestors. Whoever reads totals adds
 * `uncounted_totals`, so that they are exact at the commit of every event (rules/usage 8).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What a flush recorded in some trees and nobody has counted yet. Rows live for milliseconds.
    CREATE TABLE uncounted_usage (
      root_ids uuid[] NOT NULL, meter text NOT NULL, accounts uuid[] NOT NULL, quantities numeric[] NOT NULL, occurred_at timestamptz[] NOT NULL
    );
    ALTER TABLE uncounted_usage ENABLE ROW LEVEL SECURITY;

    -- Until all usage of its tree is counted an account stays, so that its ancestors get what was recorded for it.
    CREATE OR REPLACE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_id = a.id)
        AND NOT EXISTS (SELECT 1 FROM uncounted_usage u WHERE a.root_id = ANY (u.root_ids))
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;

    GRANT MAINTAIN ON uncounted_usage TO tenantree_app;
  `.execute(db);
}
