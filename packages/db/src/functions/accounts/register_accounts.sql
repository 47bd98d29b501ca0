-- What comes with new accounts, for all of a statement together: where each is, the letters of its name, its caps, its place among its
-- siblings.
CREATE OR REPLACE FUNCTION register_accounts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  roots uuid[];
  children uuid[];
BEGIN
  INSERT INTO account_roots (id, root_id) SELECT a.id, a.root_id FROM arrived a;
  INSERT INTO account_search (root_id, account_id, tokens) SELECT a.root_id, a.id, name_tokens(a.root_id, a.search_key) FROM arrived a;
  INSERT INTO account_caps (account_id, levels) SELECT a.id, highest_caps() FROM arrived a WHERE a.parent_id IS NOT NULL;
  PERFORM take_default_presets(n.root_id, n.ids) FROM (
    SELECT a.root_id, array_agg(a.id) AS ids FROM arrived a WHERE a.parent_id IS NOT NULL GROUP BY a.root_id) n
    -- Many of a statement have one parent: those above are looked at once.
    WHERE EXISTS (SELECT FROM preset_defaults d WHERE d.account_id = ANY (ARRAY(
      SELECT unnest(path_of(p.root_id, p.path_key)) FROM (
        SELECT DISTINCT a.root_id, substr(a.path_key, 1, octet_length(a.path_key) - 16) AS path_key FROM arrived a WHERE a.parent_id IS NOT NULL) p)));
  SELECT array_agg(a.root_id), array_agg(a.id) INTO roots, children FROM arrived a
    WHERE (SELECT true FROM sorted_parents s WHERE s.root_id = a.root_id AND s.account_id = a.parent_id LIMIT 1);
  IF children IS NOT NULL THEN PERFORM sort_among_siblings(roots, children); END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION register_accounts FROM PUBLIC;
