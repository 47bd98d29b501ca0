-- Makes an account of the acting subtree a main account of its own, with all that is below it, by one transaction: what people from above have
-- there ends, it pays for itself from then on, and those who looked after it are invited back if that was kept. Its transfer is written as
-- completed already, behind the lock of the tree and of who counts it. Answers with the next version of the tree that is left, and what ended.
--   p_at      the instant of the transfer, as it was decided
--   p_agency  who is invited as agency admin: [{id, email, shown_email}]
--   p_until   how long those invitations are open
--   p_settled how many products that came from above became a blank, or were taken back: {blank, takenBack}
--   p_by      who does it, as in the journal
CREATE OR REPLACE FUNCTION complete_transfer(
  p_account uuid, p_transfer uuid, p_at timestamptz, p_version bigint, p_agency jsonb, p_until timestamptz, p_settled jsonb, p_by jsonb,
  OUT version bigint, OUT at timestamptz, OUT ended jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  a accounts := reached(p_account);
  below bytea := a.path_key || '\xff'::bytea;
  t billing_transfers;
  owner_id uuid;
  one record;
  came_at bigint;
  keys uuid[];
BEGIN
  SELECT x.* INTO t FROM billing_transfers x WHERE x.root_id = a.root_id AND x.account_id = p_account AND x.id = p_transfer AND x.state = 'completed';
  IF t.id IS NULL OR a.parent_id IS NULL THEN
    RAISE EXCEPTION 'account % is not about to leave', p_account USING ERRCODE = 'invalid_parameter_value';
  END IF;
  owner_id := (t.steps #>> '{owner}')::uuid;
  -- What people from above have there: found while they still are above, and ended one by one, as the counters go by people.
  ended := '{"member": 0, "key": 0, "session": 0, "invitation": 0}';
  keys := '{}';
  FOR one IN SELECT l.kind, l.account_id, l.id FROM leavers_of(p_account, owner_id, p_at) l LOOP
    ended := jsonb_set(ended, ARRAY[one.kind], to_jsonb((ended ->> one.kind)::int + 1));
    CASE one.kind
      WHEN 'member' THEN
        DELETE FROM members m WHERE m.root_id = a.root_id AND m.account_id = one.account_id AND m.user_id = one.id;
        PERFORM count_member(one.account_id, one.id, p_version, -1);
      WHEN 'key' THEN keys := keys || one.id;
      WHEN 'session' THEN UPDATE embed_tokens e SET ended_at = p_at WHERE e.root_id = a.root_id AND e.account_id = one.account_id AND e.id = one.id;
      WHEN 'invitation' THEN DELETE FROM invitations i WHERE i.root_id = a.root_id AND i.account_id = one.account_id AND i.id = one.id;
    END CASE;
  END LOOP;
  PERFORM revoke_generations(a.root_id, keys, p_at);

  -- While the names and external ids of then are there.
  INSERT INTO departures (root_id, account_id, id, departed, name, agency, at, accounts, external_ids, went, invited, ended, products, settled)
    SELECT a.root_id, a.parent_id, t.id, p_account, a.name, t.agency, p_at, coalesce(array_agg(x.id ORDER BY x.path_key) FILTER (WHERE x.external_id IS NOT NULL), '{}'),
      coalesce(array_agg(x.external_id ORDER BY x.path_key) FILTER (WHERE x.external_id IS NOT NULL), '{}'), count(*), jsonb_array_length(p_agency), ended, t.products, p_settled
    FROM accounts x WHERE x.root_id = a.root_id AND x.path_key >= a.path_key AND x.path_key < below;

  UPDATE billing_transfers x SET caps = (SELECT c.levels FROM account_caps c WHERE c.account_id = p_account)
    WHERE x.root_id = a.root_id AND x.account_id = p_account AND x.id = p_transfer;
  UPDATE accounts x SET transfer_until = NULL WHERE x.root_id = a.root_id AND x.id = p_account;
  came_at := change_root(p_account, NULL, p_at, p_by);
  at := (SELECT x.placed_at FROM accounts x WHERE x.root_id = p_account AND x.id = p_account);

  UPDATE billing_transfers x SET ended_at = at WHERE x.root_id = p_account AND x.account_id = p_account AND x.id = p_transfer;
  INSERT INTO subscriptions (account_id, valid_from, plan_id, plan_version, billed_to, in_limits)
    VALUES (p_account, at, t.steps #>> '{plan,id}', (t.steps #>> '{plan,version}')::int, date_trunc('month', at, 'UTC'), true);
  -- What the plan allows, where nothing is set any more: as a maximum that comes to be.
  INSERT INTO limits AS b (root_id, account_id, kind, metered, cap, plan_cap, thresholds, version)
    SELECT p_account, p_account, 'calls', false, p.n, p.n, '{80,95,100}', 1
    FROM (SELECT (x.terms ->> 'concurrent')::numeric AS n FROM plans x WHERE x.id = t.steps #>> '{plan,id}' AND x.version = (t.steps #>> '{plan,version}')::int) p WHERE p.n IS NOT NULL
    ON CONFLICT (root_id, account_id, kind) DO UPDATE SET cap = excluded.cap, plan_cap = excluded.plan_cap, thresholds = excluded.thresholds, version = b.version + 1;
  INSERT INTO billing_details AS d (account_id, country, details, version, changed_at)
    VALUES (p_account, t.details ->> 'country', t.details - 'country', 1, at)
    ON CONFLICT (account_id) DO UPDATE SET country = excluded.country, details = excluded.details, version = d.version + 1, changed_at = excluded.changed_at;
  INSERT INTO payment_methods (account_id, method, state, card, customer, changed_at)
    SELECT p_account, t.steps #>> '{payment,method}', 'set', t.card, t.customer, at WHERE t.steps #>> '{payment,method}' <> 'invoice'
    ON CONFLICT DO NOTHING;
  -- The links come with the mails, which make their secrets.
  INSERT INTO invitations AS i (root_id, account_id, id, email, shown_email, role, token_hash, invited_by, created_at, expires_at)
    SELECT p_account, p_account, g.id, g.email, g.shown_email, 'agency_admin', sha256(uuid_send(gen_random_uuid())), owner_id, at, p_until
    FROM jsonb_to_recordset(p_agency) g(id uuid, email text, shown_email text)
    WHERE NOT EXISTS (SELECT FROM members m JOIN auth.users u ON u.id = m.user_id WHERE m.root_id = p_account AND m.account_id = p_account AND u.email = g.email)
    ON CONFLICT (root_id, account_id, email) WHERE accepted_at IS NULL DO UPDATE SET id = excluded.id, role = excluded.role,
      token_hash = excluded.token_hash, invited_by = excluded.invited_by, made_by = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at;
  PERFORM chain_rows(p_account, came_at, jsonb_build_array(p_by || jsonb_build_object('id', uuidv7(), 'at', at, 'kind', 'transfer.completed',
    'account_id', p_account, 'path_key', '', 'target_id', p_account, 'target_name', a.name, 'shows', '{}'::uuid[], 'is_moved', false,
    'details', ended || jsonb_build_object('account', a.name, 'plan', t.steps #>> '{plan,id}'))));
  UPDATE tree_versions v SET version = v.version + 1 WHERE v.root_id = a.root_id RETURNING v.version INTO version;
END $$;
REVOKE ALL ON FUNCTION complete_transfer FROM PUBLIC;
GRANT EXECUTE ON FUNCTION complete_transfer TO tenantree_app;
