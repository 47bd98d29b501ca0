-- Where the acting account stands, as its path_key; NULL without one.
CREATE OR REPLACE FUNCTION acting_key() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT decode(current_setting('tenantree.key', true), 'hex') $$;
