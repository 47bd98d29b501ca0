-- The person who acts in this transaction; NULL when none does.
CREATE OR REPLACE FUNCTION acting_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('tenantree.user', true), '')::uuid $$;
