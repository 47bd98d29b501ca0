-- Parents that come to another tree: what was counted there and is not in their rows yet is nothing that this tree would look for.
CREATE OR REPLACE FUNCTION keep_sorted_elsewhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.period := NULL; RETURN NEW; END $$;
REVOKE ALL ON FUNCTION keep_sorted_elsewhere FROM PUBLIC;
