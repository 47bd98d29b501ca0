-- Whether the limits of an account are as a blueprint says: of each kind that it names the maximum, what happens there, what is told, and what is
-- kept, where it says so. A kind that nobody set is unlimited.
CREATE OR REPLACE FUNCTION blueprint_limits_are(p_root uuid, p_account uuid, p_limits jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT NOT EXISTS (
    SELECT FROM jsonb_each(p_limits) w
    LEFT JOIN LATERAL (SELECT x.* FROM limits x WHERE x.root_id = p_root AND x.account_id = p_account AND x.kind = w.key LIMIT 1) l ON true
    WHERE l.cap IS DISTINCT FROM (w.value ->> 'cap')::numeric OR coalesce(l.at_limit, 'block') <> w.value ->> 'at_limit'
      OR to_jsonb(coalesce(l.thresholds, '{}')) <> w.value -> 'thresholds'
      OR coalesce(l.reserve, 0) <> coalesce((w.value ->> 'reserve')::numeric, l.reserve, 0))
$$;
REVOKE ALL ON FUNCTION blueprint_limits_are FROM PUBLIC;
