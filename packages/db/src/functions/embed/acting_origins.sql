-- The list of origins that holds for the acting account, its own or that of the nearest above it; NULL: none does. Whoever sets one waits
-- for the transaction to end, and is waited for: no session is opened by a list that is narrowed meanwhile.
CREATE OR REPLACE FUNCTION acting_origins() RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(concat_ws(' ', 'embed origins', acting_root()), 0));
  RETURN (SELECT o.origins FROM embed_origins_of(acting_account()) o);
END $$;
REVOKE ALL ON FUNCTION acting_origins FROM PUBLIC;
GRANT EXECUTE ON FUNCTION acting_origins TO tenantree_app;
