-- How many permissions there are, as packages/domain has them.
CREATE OR REPLACE FUNCTION count_of_permissions() RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 28::smallint $$;
