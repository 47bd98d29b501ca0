import { type Kysely, sql } from 'kysely';

/**
 * Where accounts stand, as a key whose comparison PostgreSQL trusts under row-level security (leakproof): a subtree is a range of
 * `(root_id, path_key)`. `path @>` is not: under a policy it could not use its index, and every search read the whole tree.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The ids below the root, 16 bytes a level, nothing for the root itself. No id begins with ff: they are UUIDv7, of this age.
    CREATE FUNCTION key_of(p_path uuid[]) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT coalesce(string_agg(uuid_send(id), ''::bytea ORDER BY level), ''::bytea) FROM unnest(p_path[2:]) WITH ORDINALITY u(id, level) $$;
    CREATE FUNCTION path_of(p_root uuid, p_key bytea) RETURNS uuid[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT p_root || ARRAY(SELECT encode(substr(p_key, at, 16), 'hex')::uuid FROM generate_series(1, octet_length(p_key), 16) at ORDER BY at) $$;

    ALTER TABLE accounts ADD COLUMN path_key bytea NOT NULL GENERATED ALWAYS AS (key_of(path)) STORED;
    CREATE UNIQUE INDEX accounts_place ON accounts (root_id, path_key);
    ALTER TABLE past_placements ADD COLUMN root_id uuid NOT NULL GENERATED ALWAYS AS (path[1]) STORED,
      ADD COLUMN path_key bytea NOT NULL GENERATED ALWAYS AS (key_of(path)) STORED;
    CREATE INDEX past_placements_place ON past_placements (root_id, path_key);
    ALTER TABLE departures ADD COLUMN path_key bytea NOT NULL GENERATED ALWAYS AS (key_of(path)) STORED;

    -- In which tree an account is: the directory that is asked before the tree is known.
    CREATE TABLE account_roots (id uuid PRIMARY KEY, root_id uuid NOT NULL);
    INSERT INTO account_roots (id, root_id) SELECT id, root_id FROM accounts;
    ALTER TABLE account_roots ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION note_root() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO account_roots (id, root_id) VALUES (NEW.id, NEW.root_id);
      ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM account_roots WHERE id = OLD.id;
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER note_root AFTER INSERT OR DELETE ON accounts FOR EACH ROW EXECUTE FUNCTION note_root();

    -- What each version changed, for whoever resumes: kept for minutes, and no index on what changes all the time.
    CREATE TABLE tree_changes (
      root_id uuid NOT NULL, version bigint NOT NULL, kind text NOT NULL CHECK (kind IN ('usage', 'accounts', 'moved')),
      accounts uuid[] NOT NULL, at timestamptz NOT NULL,
      PRIMARY KEY (root_id, version, kind)
    );
    ALTER TABLE tree_changes ALTER accounts SET STORAGE EXTERNAL;
    ALTER TABLE tree_changes ENABLE ROW LEVEL SECURITY;

    -- Binds a transaction to an acting account and a person: whatever is read or written in it, row-level security shows that account's
    -- subtree and nothing else. Where the account stands is read here, so that nobody passes a stale place. One that isn't there (yet)
    -- is a tree of its own: a main account is made as itself.
    CREATE FUNCTION bind_tenant(p_account uuid, p_user uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE place record;
    BEGIN
      SELECT a.root_id, a.path_key INTO place FROM account_roots d JOIN accounts a ON a.root_id = d.root_id AND a.id = d.id WHERE d.id = p_account;
      PERFORM set_config('tenantree.account', p_account::text, true), set_config('tenantree.user', coalesce(p_user::text, ''), true),
        set_config('tenantree.root', coalesce(place.root_id, p_account)::text, true),
        set_config('tenantree.key', coalesce(encode(place.path_key, 'hex'), ''), true);
    END $$;
    CREATE FUNCTION acting_root() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT NULLIF(current_setting('tenantree.root', true), '')::uuid $$;
    CREATE FUNCTION acting_key() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT decode(current_setting('tenantree.key', true), 'hex') $$;
    CREATE FUNCTION acting_end() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
      AS $$ SELECT decode(current_setting('tenantree.key', true) || 'ff', 'hex') $$;
    -- The key of an account that the reader sees; NULL of any other. Planned as what it answers, so that a range of it is taken for what it is.
    CREATE FUNCTION place_of(p_account uuid) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
      RETURN (SELECT a.path_key FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_account);
    REVOKE ALL ON FUNCTION note_root, bind_tenant FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION bind_tenant TO tenantree_app;

    CREATE POLICY own_tree ON tree_changes TO tenantree_app USING ((root_id = acting_root()) IS TRUE);
    GRANT SELECT, INSERT ON tree_changes TO tenantree_app;
    CREATE POLICY own_tree ON account_roots TO tenantree_app USING ((root_id = acting_root()) IS TRUE);
  `.execute(db);
}
