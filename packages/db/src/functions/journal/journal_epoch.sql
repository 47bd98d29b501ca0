-- Which history this is: numbers of another one, that of a backup, or of a primary whose last commits are lost, mean something else here.
-- The server that the data is of, the database, and how often a standby took over or a backup was restored to a point in time.
CREATE OR REPLACE FUNCTION journal_epoch() RETURNS text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT left(md5(concat_ws(' ', (SELECT s.system_identifier FROM pg_control_system() s), (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()),
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))), 8)
$$;
REVOKE ALL ON FUNCTION journal_epoch FROM PUBLIC;
