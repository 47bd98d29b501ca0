-- First run: a claim is open while no account has a member. The lock makes two simultaneous claims one.
CREATE OR REPLACE FUNCTION offer_claim(p_hash bytea, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM members) THEN RETURN false; END IF;
  INSERT INTO setup_claims (token_hash, created_at) VALUES (p_hash, p_now) ON CONFLICT DO NOTHING;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION offer_claim FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offer_claim TO tenantree_serve;
