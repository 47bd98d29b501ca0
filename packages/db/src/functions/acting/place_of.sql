-- The key of an account that the reader sees; NULL of any other. Planned as what it answers, so that a range of it is taken for what it is.
CREATE OR REPLACE FUNCTION place_of(p_account uuid) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (SELECT a.path_key FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_account);
