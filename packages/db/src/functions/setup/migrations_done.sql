-- What has been done to this database: its migrations, and the functions that were applied, each with the hash of its text.
CREATE OR REPLACE FUNCTION migrations_done() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT name FROM kysely_migration UNION ALL SELECT name || ' ' || hash FROM applied_functions
$$;
REVOKE ALL ON FUNCTION migrations_done FROM PUBLIC;
GRANT EXECUTE ON FUNCTION migrations_done TO tenantree_serve;
