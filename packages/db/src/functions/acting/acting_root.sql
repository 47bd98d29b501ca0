-- The tree of the acting account; NULL without one.
CREATE OR REPLACE FUNCTION acting_root() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT NULLIF(current_setting('tenantree.root', true), '')::uuid $$;
