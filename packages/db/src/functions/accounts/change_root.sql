-- Carries a subtree to the tree of p_parent, or makes it one of its own (NULL): its accounts by one statement, and each table of a tree by
-- another. What is kept by account stays as it is, facts do, and so do the rows of the journal: a tree that begins goes on from the number and the hash of the one that it
-- came from, and what was written of the subtree in others is noted in carried_entries. Answers with the version of the tree that it came to, above that of the tree it left. Not planned anew for each call, whoever
-- calls it: that would hold for what foreign keys do for each row, too (7 times as slow).
--   p_by  who does it, as in the journal
CREATE OR REPLACE FUNCTION change_root(
  p_account uuid, p_parent uuid, p_now timestamptz, p_by jsonb DEFAULT '{"actor_kind": "system", "actor_name": "Tenantree"}'
) RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = auto AS $$
DECLARE
  old_root uuid := (SELECT d.root_id FROM account_roots d WHERE d.id = p_account);
  new_root uuid := coalesce((SELECT d.root_id FROM account_roots d WHERE d.id = p_parent), p_account);
  a accounts;
  target accounts;
  ids uuid[];
  changed_at timestamptz;
  new_key bytea;
  old_path uuid[];
  old_key bytea;
  old_parent uuid;
  parent_key bytea;
  left_at bigint;
  came_at bigint;
  told jsonb;
  head journal_heads;
  carried record;
  has_rows boolean;
BEGIN
  -- The count of the tree that is left, then both trees: in the order of whoever counts.
  PERFORM pg_advisory_xact_lock(hashtextextended(old_root::text, 1));
  PERFORM pg_advisory_xact_lock(hashtextextended(least(old_root, new_root)::text, 0));
  PERFORM pg_advisory_xact_lock(hashtextextended(greatest(old_root, new_root)::text, 0));
  SELECT x.* INTO a FROM accounts x WHERE x.root_id = old_root AND x.id = p_account;
  SELECT x.* INTO target FROM accounts x WHERE x.root_id = new_root AND x.id = p_parent;
  IF a.id IS NULL OR old_root = new_root OR (p_parent IS NOT NULL AND target.id IS NULL) THEN
    RAISE EXCEPTION 'account % can not come to another tree there', p_account USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- What waits is counted where its accounts still stand. Those who watch are told of it by the notes of the tree.
  PERFORM count_tree(old_root, u.meter, p_now, 1, true) FROM (SELECT DISTINCT meter FROM uncounted_usage WHERE root_id = old_root) u;
  -- And what is noted of the tree for its roll-ups is folded.
  PERFORM fold_tree(old_root);

  old_key := a.path_key;
  -- As a list: joined, the tables of a tree that is younger than the statistics were read anew for every account (over 500 s).
  ids := ARRAY(SELECT id FROM accounts WHERE root_id = old_root AND path_key >= a.path_key AND path_key < a.path_key || '\xff'::bytea);
  -- After everything that was placed before. Usage ahead of the clock that is counted already is placed again.
  changed_at := greatest(p_now, (SELECT max(placed_at) + interval '1 millisecond' FROM accounts WHERE root_id = old_root AND path_key >= old_key AND path_key < old_key || '\xff'::bytea));
  old_path := path_of(old_root, a.path_key);
  -- Whoever leaves as a whole tree leaves nobody behind to tell.
  old_parent := coalesce(a.parent_id, p_account);
  parent_key := substr(old_key, 1, greatest(octet_length(old_key) - 16, 0));
  new_key := CASE WHEN p_parent IS NULL THEN '' ELSE target.path_key || uuid_send(a.id) END;
  UPDATE tree_versions SET version = version + 1, changed = version + 1, shape = shape + 1 WHERE root_id = old_root RETURNING version INTO left_at;
  INSERT INTO tree_versions AS t (root_id, version, changed) VALUES (new_root, left_at + 1, left_at + 1)
    ON CONFLICT (root_id) DO UPDATE SET version = greatest(t.version, left_at) + 1, changed = greatest(t.version, left_at) + 1 RETURNING t.version INTO came_at;
  -- Keys that end are counted no more before the rest is counted elsewhere.
  PERFORM sever_credentials(old_root, a.path_key, p_now);
  PERFORM graft(a, left_at, -1);
  PERFORM replace_counted_usage(old_root, a.path_key, CASE WHEN p_parent IS NULL THEN '{}' ELSE path_of(new_root, target.path_key) END,
    changed_at, left_at, new_root, came_at);
  PERFORM keep_segments(old_root, a.path_key, changed_at);
  -- The one above sells to it no more.
  DELETE FROM book_assignments WHERE customer_id = p_account AND valid_from >= changed_at;
  UPDATE book_assignments SET valid_to = changed_at WHERE customer_id = p_account AND (valid_to IS NULL OR valid_to > changed_at);
  INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id, name)
    SELECT id, changed_at, root_id, path_key, payer_id, name FROM accounts WHERE root_id = old_root AND path_key >= old_key AND path_key < old_key || '\xff'::bytea;
  -- What it took from above stays, and names nothing above any more. Whoever becomes a main account has no caps, whoever was one gets some.
  UPDATE account_caps c SET preset_id = NULL, preset_version = NULL WHERE c.account_id = ANY (ids)
    AND c.preset_id IS NOT NULL AND NOT EXISTS (SELECT FROM presets p WHERE p.account_id = ANY (ids) AND p.id = c.preset_id);
  -- Nor does whoever took it from here, and was moved elsewhere since, name what is in another tree now.
  UPDATE account_caps c SET preset_id = NULL, preset_version = NULL FROM presets p
    WHERE p.account_id = ANY (ids) AND c.preset_id = p.id AND c.account_id <> ALL (ids);
  -- Nor anybody above, who may have changed them last: that is not taken back from here.
  UPDATE account_caps c SET last = NULL WHERE c.account_id = ANY (ids) AND c.last IS NOT NULL;
  DELETE FROM preset_defaults d WHERE d.account_id = ANY (ids) AND d.preset_account <> ALL (ids);
  DELETE FROM blueprint_applications b WHERE b.root_id = old_root AND b.account_id = ANY (ids) AND b.blueprint_account <> ALL (ids);
  DELETE FROM account_caps c WHERE p_parent IS NULL AND c.account_id = p_account;
  INSERT INTO account_caps (account_id, levels) SELECT p_account, highest_caps() WHERE p_parent IS NOT NULL ON CONFLICT DO NOTHING;
  -- The same of limits that were set from above; what is promised to those below stays.
  UPDATE limits b SET cap = NULL, reserve = 0, next_reserve = 0, next_from = NULL, at_limit = 'block', thresholds = '{}', near_in = NULL, full_in = NULL, version = b.version + 1
    WHERE p_parent IS NULL AND b.root_id = old_root AND b.account_id = p_account;
  -- And of a plan: whoever is paid for from above has none.
  UPDATE limits b SET cap = nullif(b.cap, b.plan_cap), plan_cap = NULL, version = b.version + 1
    WHERE p_parent IS NOT NULL AND b.root_id = old_root AND b.account_id = p_account AND b.plan_cap IS NOT NULL;
  -- A tree has sorted parents from now on, if some come to it.
  INSERT INTO sorted_trees (root_id, version)
    SELECT new_root, 0 WHERE EXISTS (SELECT FROM sorted_parents s WHERE s.root_id = old_root AND s.account_id = ANY (ids)) ON CONFLICT DO NOTHING;
  -- Foreign keys would carry each row by a statement of its own, and then ask whether its account is there: a tenth as fast. They are switched
  -- off for these statements where the owner may do that (docs/operators.md); elsewhere nothing is left for the statements that come after.
  -- Nobody comes between: who writes a row of an account holds the account's key, which the first statement waits for and then keeps.
  PERFORM set_config('session_replication_role', 'replica', true) WHERE has_parameter_privilege('session_replication_role', 'SET');
  -- A main account pays for itself; who is paid for from above is paid for by whoever pays there.
  UPDATE accounts SET
    root_id = new_root,
    path_key = new_key || substr(path_key, octet_length(a.path_key) + 1),
    parent_id = CASE WHEN id = p_account THEN p_parent ELSE parent_id END,
    billing_mode = CASE WHEN id = p_account AND p_parent IS NULL THEN 'direct' ELSE billing_mode END,
    payer_id = CASE WHEN payer_id = a.payer_id AND a.payer_id <> p_account THEN coalesce(target.payer_id, p_account) ELSE payer_id END,
    placed_at = changed_at,
    caps_lowered = CASE WHEN id = p_account AND p_parent IS NULL THEN 0 ELSE caps_lowered END,
    caps_decided = CASE WHEN id = p_account AND p_parent IS NULL THEN count_of_permissions() ELSE caps_decided END,
    version = CASE WHEN id = p_account THEN came_at ELSE version END
  WHERE root_id = old_root AND path_key >= old_key AND path_key < old_key || '\xff'::bytea;
  -- In either tree: where foreign keys are in force these have come along already, and are to be written all the same.
  UPDATE members SET root_id = new_root, path_key = new_key || substr(path_key, octet_length(old_key) + 1)
    WHERE root_id IN (old_root, new_root) AND account_id = ANY (ids);
  -- Hashed again by a job: together with the change it would take as long as all else of it.
  UPDATE account_search SET root_id = new_root, tokens = NULL WHERE root_id IN (old_root, new_root) AND account_id = ANY (ids);
  -- What was counted there and is not in their sort rows yet is nothing that this tree would look for.
  UPDATE sorted_parents SET root_id = new_root, period = NULL WHERE root_id IN (old_root, new_root) AND account_id = ANY (ids);
  UPDATE leases SET root_id = new_root WHERE root_id = old_root AND account_id = ANY (ids);
  FOR carried IN
    SELECT DISTINCT f.conrelid::regclass AS name, k.attname AS account FROM pg_constraint f
    JOIN pg_attribute k ON k.attrelid = f.conrelid AND k.attnum = f.conkey[2]
    -- Some through what they belong to.
    WHERE f.confupdtype = 'c' AND (f.confrelid = 'accounts'::regclass OR k.attname = 'account_id')
      AND f.conrelid NOT IN ('members'::regclass, 'account_search'::regclass, 'sorted_parents'::regclass)
  LOOP
    -- To look for ten thousand accounts takes longer than to see that the tree has nothing there.
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE root_id = $1)', carried.name) INTO has_rows USING old_root;
    IF has_rows THEN
      EXECUTE format('UPDATE %s SET root_id = $1 WHERE root_id = $2 AND %I = ANY ($3)', carried.name, carried.account) USING new_root, old_root, ids;
    END IF;
  END LOOP;
  PERFORM set_config('session_replication_role', 'origin', true) WHERE has_parameter_privilege('session_replication_role', 'SET');
  SELECT x.* INTO a FROM accounts x WHERE x.root_id = new_root AND x.id = p_account;
  PERFORM graft(a, came_at, 1);
  -- Whoever watches those above, there or here, has new numbers to read.
  INSERT INTO tree_changes (root_id, version, kind, accounts, at)
    VALUES (old_root, left_at, 'moved', old_path, clock_timestamp()), (new_root, came_at, 'moved', path_of(new_root, new_key), clock_timestamp());

  -- Both heads in the order of everybody who takes several.
  PERFORM FROM journal_heads h WHERE h.root_id IN (old_root, new_root) ORDER BY h.root_id FOR UPDATE;
  told := p_by || jsonb_build_object('at', p_now, 'target_id', p_account, 'target_name', a.name, 'details', jsonb_build_object('account', a.name),
    'is_moved', true, 'rights', jsonb_build_object('subtree', p_account));
  head := chain_rows(old_root, left_at, jsonb_build_array(told || jsonb_build_object('id', uuidv7(), 'kind', 'transfer.departed',
    'account_id', old_parent, 'path_key', parent_key, 'shows', old_path, 'left_key', old_key)));
  INSERT INTO journal_heads (root_id, seq, hash, first_seq) VALUES (new_root, head.seq, head.hash, head.seq + 1) ON CONFLICT DO NOTHING;
  -- With what was reached by their coming.
  PERFORM chain_rows(new_root, came_at, take_alerts() || jsonb_build_array(told || jsonb_build_object('id', uuidv7(), 'kind', 'transfer.arrived',
    'account_id', p_account, 'path_key', new_key, 'shows', path_of(new_root, new_key))));
  -- Of these accounts this is a former chain from now on, and the one that they came back to is none any more.
  DELETE FROM carried_entries WHERE root_id = new_root AND account_id = ANY (ids) AND chain_id = new_root;
  INSERT INTO carried_entries (root_id, account_id, id, kind, actor_id, chain_id, seq)
    SELECT new_root, l.account_id, l.id, l.kind, l.actor_id, l.root_id, l.seq FROM journal l WHERE l.account_id = ANY (ids) AND l.root_id = old_root;
  RETURN came_at;
END $$;
REVOKE ALL ON FUNCTION change_root FROM PUBLIC;
