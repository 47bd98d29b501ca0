-- The end of the acting account's subtree: the first key behind it.
CREATE OR REPLACE FUNCTION acting_end() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT decode(current_setting('tenantree.key', true) || 'ff', 'hex') $$;
