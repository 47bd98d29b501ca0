-- Where an account stood at an instant: the ids from the root down to itself, 16 bytes each. Null when it never was there.
CREATE OR REPLACE FUNCTION chain_at(p_account uuid, p_at timestamptz) RETURNS bytea LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT coalesce(
    (SELECT uuid_send(p.root_id) || p.path_key FROM past_placements p WHERE p.account_id = p_account AND p.valid_to > p_at ORDER BY p.valid_to LIMIT 1),
    (SELECT uuid_send(d.root_id) || a.path_key FROM account_roots d
      CROSS JOIN LATERAL (SELECT x.path_key FROM accounts x WHERE x.root_id = d.root_id AND x.id = d.id LIMIT 1) a WHERE d.id = p_account))
$$;
REVOKE ALL ON FUNCTION chain_at FROM PUBLIC;
