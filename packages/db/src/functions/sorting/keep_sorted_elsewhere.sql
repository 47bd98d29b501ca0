-- Parents that come to another tree: what was counted there and is not in their rows yet is nothing that this tree would look for.
CREATE OR REPLACE FUNCTION keep_sorted_elsewhere() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO sorted_trees (root_id, version) VALUES (NEW.root_id, 0) ON CONFLICT DO NOTHING;
  NEW.period := NULL;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION keep_sorted_elsewhere FROM PUBLIC;
