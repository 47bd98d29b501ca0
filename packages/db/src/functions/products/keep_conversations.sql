-- Makes conversations of what usage noted of them in a tree, or adds it to those that are there: behind a count of the tree, which nobody moves
-- anything in meanwhile. An agent is named by its id, its external id or its name.
CREATE OR REPLACE FUNCTION keep_conversations(p_root uuid, p_version bigint, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = auto SET enable_seqscan = off AS $$
DECLARE
  noted noted_conversations[];
  one record;
  agent uuid;
  kept uuid;
BEGIN
  WITH taken AS (DELETE FROM noted_conversations n WHERE n.root_id = p_root RETURNING n) SELECT array_agg(t.n) INTO noted FROM taken t;
  IF noted IS NULL THEN RETURN; END IF;
  -- Of accounts that came to another tree between: they are made there.
  INSERT INTO noted_conversations SELECT (jsonb_populate_record(n, jsonb_build_object('root_id', d.root_id))).*
    FROM unnest(noted) n JOIN account_roots d ON d.id = n.account_id WHERE d.root_id <> p_root;
  FOR one IN
    SELECT s.account_id, s.conversation, min(s.first_at) AS first_at, max(s.last_at) AS last_at, max(s.agent) AS agent,
      jsonb_object_agg(s.meter, trim_scale(s.quantity)::text) AS used, (array_agg(s.attributes))[1] AS attributes
    FROM (
      SELECT n.account_id, n.conversation, n.meter, sum(n.quantity) AS quantity, min(n.occurred_at) AS first_at, max(n.occurred_at) AS last_at,
        max(n.agent) AS agent, (array_agg(n.attributes ORDER BY n.occurred_at DESC))[1] AS attributes
      FROM unnest(noted) n JOIN accounts a ON a.root_id = p_root AND a.id = n.account_id GROUP BY 1, 2, 3
    ) s GROUP BY 1, 2 ORDER BY 1, min(s.first_at), 2
  LOOP
    agent := coalesce(
      (SELECT p.id FROM products p WHERE p.root_id = p_root AND p.account_id = one.account_id AND p.kind = 'agent' AND p.id = CASE WHEN one.agent ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN one.agent::uuid END),
      (SELECT p.id FROM products p WHERE p.root_id = p_root AND p.account_id = one.account_id AND p.kind = 'agent' AND p.external_id = one.agent),
      (SELECT p.id FROM products p WHERE p.root_id = p_root AND p.account_id = one.account_id AND p.kind = 'agent'
        AND p.name_key = name_key(one.agent) COLLATE by_name));
    INSERT INTO products AS c (root_id, account_id, id, kind, name, name_key, external_id, doc, saved_at, saved_by, tree_version) VALUES (
      p_root, one.account_id, uuidv7(), 'conversation', left(one.conversation, 120), name_key(left(one.conversation, 120)), one.conversation,
      jsonb_build_object('name', left(one.conversation, 120), 'agent', agent, 'agentName', coalesce(one.agent, ''),
        'firstAt', to_char(one.first_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'lastAt', to_char(one.last_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'used', one.used, 'attributes', one.attributes),
      p_now, '{"id": null, "name": "Tenantree"}', p_version)
    ON CONFLICT (root_id, account_id, kind, external_id) WHERE external_id IS NOT NULL DO UPDATE SET
      saved_at = p_now, tree_version = p_version, doc = c.doc || jsonb_build_object(
        'agent', coalesce(nullif(excluded.doc -> 'agent', 'null'), c.doc -> 'agent'),
        'agentName', coalesce(one.agent, c.doc ->> 'agentName'),
        'firstAt', least(c.doc ->> 'firstAt', excluded.doc ->> 'firstAt'), 'lastAt', greatest(c.doc ->> 'lastAt', excluded.doc ->> 'lastAt'),
        'used', (SELECT jsonb_object_agg(u.meter, trim_scale(u.quantity)::text) FROM (
          SELECT e.key AS meter, sum(e.value::numeric) AS quantity FROM (
            SELECT * FROM jsonb_each_text(c.doc -> 'used') UNION ALL SELECT * FROM jsonb_each_text(excluded.doc -> 'used')) e GROUP BY 1) u),
        'attributes', (c.doc -> 'attributes') || (excluded.doc -> 'attributes'))
    RETURNING c.id INTO kept;
    IF agent IS NOT NULL THEN
      INSERT INTO product_refs AS r (root_id, account_id, from_id, place, to_id, required) VALUES (p_root, one.account_id, kept, '/agent', agent, false)
        ON CONFLICT (root_id, account_id, from_id, place) DO UPDATE SET to_id = excluded.to_id WHERE r.to_id <> excluded.to_id;
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION keep_conversations FROM PUBLIC;
