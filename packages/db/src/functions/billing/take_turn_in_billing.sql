-- One at a time writes drafts of a payer: what came late, and what is in credit, is on one of them.
CREATE OR REPLACE FUNCTION take_turn_in_billing() RETURNS void LANGUAGE sql SET search_path = public, pg_temp
  AS $$ SELECT pg_advisory_xact_lock(hashtextextended('billing ' || acting_account()::text, 0)) $$;
REVOKE ALL ON FUNCTION take_turn_in_billing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_turn_in_billing TO tenantree_app;
