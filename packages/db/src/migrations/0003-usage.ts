import { type Kysely, sql } from 'kysely';

/** Usage events, and the totals of accounts with all that was below them. How events get in and are counted: 0004-uncounted-usage.ts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE usage_events (
      account_id uuid NOT NULL, key text NOT NULL, meter text NOT NULL, quantity numeric(29, 9) NOT NULL,
      occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
      attributes jsonb NOT NULL DEFAULT '{}',
      kind text NOT NULL DEFAULT 'usage' CHECK (kind IN ('usage', 'adjustment')), reason text,
      PRIMARY KEY (account_id, key), CHECK (kind = 'adjustment' OR quantity >= 0), CHECK ((kind = 'adjustment') = (reason IS NOT NULL))
    );
    -- Events arrive roughly in the order of their time, so a block range index finds a period; a btree cost 25 % of every flush.
    CREATE INDEX usage_events_time ON usage_events USING brin (occurred_at) WITH (pages_per_range = 32);

    -- Per billing period (a UTC calendar month). own: the account's; total: with everything that was below it at the time.
    CREATE TABLE usage_totals (
      account_id uuid NOT NULL, meter text NOT NULL, period timestamptz NOT NULL,
      own numeric(29, 9) NOT NULL, total numeric(29, 9) NOT NULL, own_events bigint NOT NULL, total_events bigint NOT NULL, version bigint NOT NULL,
      PRIMARY KEY (account_id, meter, period)
    ) WITH (fillfactor = 50);

    ALTER TABLE usage_events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE usage_totals ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON usage_events FOR SELECT TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    CREATE POLICY subtree ON usage_totals FOR SELECT TO tenantree_app USING (EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id));
    GRANT SELECT ON usage_events, usage_totals TO tenantree_app;

    -- Where an account stood, and thereby who paid, at an instant before its last move. Since then: accounts.path, accounts.payer_id.
    CREATE FUNCTION past_path(p_account uuid, p_at timestamptz) RETURNS uuid[] LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
      SELECT p.path FROM past_placements p WHERE p.account_id = p_account AND p.valid_to > p_at ORDER BY p.valid_to LIMIT 1
    $$;

    -- Usage over time of everything that was at or below an account at the time (rules/usage 12), accounts that left since included:
    -- those are out of the reader's sight, so the sum is made here. Only for the acting account's own subtree.
    CREATE FUNCTION usage_series(p_account uuid, p_meter text, p_from timestamptz, p_to timestamptz, p_bucket text)
    RETURNS TABLE (start timestamptz, quantity numeric) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT date_trunc(p_bucket, e.occurred_at, 'UTC'), sum(e.quantity)
      FROM (
        SELECT id FROM accounts WHERE path @> ARRAY[p_account] UNION SELECT account_id FROM past_placements WHERE path @> ARRAY[p_account]
      ) c JOIN accounts a ON a.id = c.id JOIN usage_events e ON e.account_id = a.id
      WHERE e.meter = p_meter AND e.occurred_at >= p_from AND e.occurred_at < p_to
        AND p_account = ANY (CASE WHEN e.occurred_at >= a.placed_at THEN a.path ELSE past_path(a.id, e.occurred_at) END)
        AND EXISTS (SELECT 1 FROM accounts r WHERE r.id = p_account AND acting_account() = ANY (r.path))
      GROUP BY 1 ORDER BY 1
    $$;

    -- Erases an account whose retention is over (rules/accounts 18): its data goes, what invoices and the audit log need stays.
    CREATE FUNCTION erase_account(p_account uuid, p_version bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE a accounts := (SELECT x FROM accounts x WHERE x.id = p_account);
    BEGIN
      DELETE FROM embed_tokens WHERE account_id = p_account;
      DELETE FROM api_keys WHERE account_id = p_account;
      DELETE FROM invitations WHERE account_id = p_account;
      DELETE FROM members WHERE account_id = p_account;
      DELETE FROM agents WHERE account_id = p_account;
      UPDATE usage_events SET attributes = '{}' WHERE account_id = p_account;
      INSERT INTO departures (root_id, version, account_id, path) VALUES (a.root_id, p_version, a.id, a.path);
      DELETE FROM accounts WHERE id = p_account;
    END $$;
    CREATE FUNCTION accounts_to_erase(p_closed_before timestamptz, p_limit int) RETURNS TABLE (id uuid, root_id uuid, name text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT a.id, a.root_id, a.name FROM accounts a
      WHERE a.status = 'closed' AND a.closed_at < p_closed_before AND NOT a.protected
        AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_id = a.id)
      ORDER BY a.depth DESC, a.closed_at LIMIT p_limit
    $$;

    REVOKE ALL ON FUNCTION past_path, usage_series, erase_account, accounts_to_erase FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION usage_series, erase_account, accounts_to_erase TO tenantree_app;
  `.execute(db);
}
