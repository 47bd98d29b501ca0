import { type Kysely, sql } from 'kysely';

/**
 * What a person makes in an account, themselves or with a key, ends with them there also when both happen at one moment; and series that are
 * divided count what stood below at the time.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Its reader bounds a reason in characters as people count them, of which each can be several of the database's.
    ALTER TABLE accounts DROP CONSTRAINT accounts_suspension_reason_check;

    -- Keeps a person's memberships above and in an account, and a key of theirs, until this transaction ends: who takes them away waits, and
    -- finds what was made. held: both are there. Memberships first, as in removing somebody.
    DROP FUNCTION hold_api_key;
    CREATE FUNCTION hold_standing(p_account uuid, p_user uuid, p_key uuid, OUT held boolean, OUT key_ends_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE chain uuid[] := (SELECT a.path FROM accounts a WHERE a.id = p_account);
    BEGIN
      PERFORM 1 FROM members m WHERE m.user_id = p_user AND m.account_id = ANY (chain) ORDER BY m.account_id FOR SHARE;
      held := FOUND;
      IF p_key IS NOT NULL THEN
        SELECT k.expires_at INTO key_ends_at FROM api_keys k WHERE k.id = p_key AND k.revoked_at IS NULL FOR SHARE;
        held := held AND FOUND;
      END IF;
    END $$;
    REVOKE ALL ON FUNCTION hold_standing FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION hold_standing TO tenantree_app;

    -- When the accounts that stand below an account now stood there before their last move. Where they stood in between may be out of the
    -- reader's sight, and what is not seen would not end a placement: so it is read here. Only for the acting account's own subtree.
    CREATE FUNCTION past_stays_below(p_account uuid) RETURNS TABLE (account_id uuid, since timestamptz, until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT s.account_id, s.since, s.until FROM (
        SELECT p.account_id, p.path, lag(p.valid_to, 1, '-infinity') OVER (PARTITION BY p.account_id ORDER BY p.valid_to) AS since, p.valid_to AS until
        FROM accounts a JOIN past_placements p ON p.account_id = a.id WHERE a.path @> ARRAY[p_account]
      ) s
      WHERE p_account = ANY (s.path) AND EXISTS (SELECT 1 FROM accounts r WHERE r.id = p_account AND acting_account() = ANY (r.path))
    $$;
    REVOKE ALL ON FUNCTION past_stays_below FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION past_stays_below TO tenantree_app;
  `.execute(db);
}
