-- Read once per query as an init-plan: (SELECT acting_account()).
CREATE OR REPLACE FUNCTION acting_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('tenantree.account', true), '')::uuid $$;
