-- Asks for the mails that tell of limits that were reached: a job for each limit, in the transaction whose rows of the journal say so. They are
-- for the owners and admins of the account whose limit it is, or where it has none, of the nearest one above it that has. Of several thresholds
-- the highest is told. The same one is mailed at most once an hour, for what goes on at one time comes and goes. Of very many limits that are
-- reached at once the topmost fifty are mailed, so that nobody is flooded, and a count of thousands of accounts takes no longer for it.
-- Answers with the rows that say that the jobs are asked for.
--   p_rows  rows for the journal, as chain_rows takes them
CREATE OR REPLACE FUNCTION mail_alerts(p_root uuid, p_rows jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  label text := 'Mail a reached limit'; system jsonb := '{"actor": {"kind": "system", "id": null, "name": "Tenantree", "via": null}, "user": null, "key": null, "requestId": null}';
  one record; near record; job uuid; queued jsonb := '[]';
BEGIN
  FOR one IN
    SELECT r.*, r.kind || ' ' || r.mark AS job_key, a.name, a.path_key, b.cap FROM (
      SELECT DISTINCT ON (1, 2) (e ->> 'account_id')::uuid AS account, e #>> '{details,kind}' AS kind, (e #>> '{details,threshold}')::int AS mark, e ->> 'id' AS id
      FROM jsonb_array_elements(p_rows) e WHERE e ->> 'kind' = 'limit.reached' ORDER BY 1, 2, 3 DESC
    ) r
    CROSS JOIN LATERAL (SELECT x.name, x.path_key FROM accounts x WHERE x.root_id = p_root AND x.id = r.account LIMIT 1) a
    LEFT JOIN LATERAL (SELECT x.cap FROM limits x WHERE x.root_id = p_root AND x.account_id = r.account AND x.kind = r.kind LIMIT 1) b ON true
    ORDER BY octet_length(a.path_key), r.account, r.kind LIMIT 50
  LOOP
    CONTINUE WHEN EXISTS (SELECT FROM jobs j WHERE j.account_id = one.account AND j.id > uuidv7(interval '-1 hour')
      AND j.kind = 'limits.mail' AND j.key = one.job_key);
    SELECT p.id, m.people INTO near FROM unnest(path_of(p_root, one.path_key)) WITH ORDINALITY p(id, level)
      CROSS JOIN LATERAL (SELECT array_agg(x.user_id ORDER BY x.user_id) AS people FROM members x
        WHERE x.root_id = p_root AND x.account_id = p.id AND x.role IN ('owner', 'admin')) m
      WHERE m.people IS NOT NULL ORDER BY p.level DESC LIMIT 1;
    CONTINUE WHEN NOT FOUND;
    job := uuidv7();
    INSERT INTO jobs (account_id, id, kind, key, asked_by, total, created_at)
      VALUES (one.account, job, 'limits.mail', one.job_key, system, cardinality(near.people), clock_timestamp()) ON CONFLICT DO NOTHING;
    CONTINUE WHEN NOT FOUND;
    INSERT INTO job_items (account_id, job_id, n, payload)
      SELECT one.account, job, u.n, jsonb_build_object('user', u.id, 'member', near.id, 'kind', one.kind, 'threshold', one.mark, 'max', one.cap::text, 'reached', one.id)
      FROM unnest(near.people) WITH ORDINALITY u(id, n);
    PERFORM wake_at(one.account, job, clock_timestamp());
    queued := queued || jsonb_build_array(jsonb_build_object('id', uuidv7(), 'at', clock_timestamp(), 'kind', 'job.queued', 'actor_kind', 'system', 'actor_name', 'Tenantree',
      'account_id', one.account, 'path_key', one.path_key, 'target_id', job, 'target_name', label, 'shows', '{}'::uuid[], 'is_moved', false,
      'details', jsonb_build_object('job', label, 'account', one.name, 'total', cardinality(near.people))));
  END LOOP;
  RETURN queued;
END $$;
REVOKE ALL ON FUNCTION mail_alerts FROM PUBLIC;
