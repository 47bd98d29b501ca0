-- Takes the claim on an empty installation; false when somebody is there already, or the secret is not the last one offered.
CREATE OR REPLACE FUNCTION take_claim(p_hash bytea) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tenantree.setup', 0));
  IF EXISTS (SELECT 1 FROM members) OR NOT EXISTS (SELECT 1 FROM setup_claims WHERE token_hash = p_hash) THEN RETURN false; END IF;
  DELETE FROM setup_claims;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION take_claim FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_claim TO tenantree_app;
