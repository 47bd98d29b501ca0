-- Thresholds that were reached, as rows of the journal.
--   p_accounts, p_marks  the accounts whose limits they are, and the percents
CREATE OR REPLACE FUNCTION alert_rows(p_root uuid, p_kind text, p_accounts uuid[], p_marks smallint[]) RETURNS jsonb
LANGUAGE sql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  SELECT jsonb_agg(jsonb_build_object('id', uuidv7(), 'at', clock_timestamp(), 'kind', 'limit.reached', 'actor_kind', 'system', 'actor_name', 'Tenantree',
    'account_id', u.account_id, 'path_key', a.path_key, 'target_id', u.account_id, 'target_name', a.name, 'shows', '{}'::uuid[], 'is_moved', false,
    'details', jsonb_build_object('account', a.name, 'kind', p_kind, 'threshold', u.mark)) ORDER BY u.i)
  FROM unnest(p_accounts, p_marks) WITH ORDINALITY u(account_id, mark, i)
  CROSS JOIN LATERAL (SELECT x.path_key, x.name FROM accounts x WHERE x.root_id = p_root AND x.id = u.account_id LIMIT 1) a
$$;
REVOKE ALL ON FUNCTION alert_rows FROM PUBLIC;
