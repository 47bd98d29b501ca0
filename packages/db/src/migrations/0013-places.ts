import { type Kysely, sql } from 'kysely';
import { changeRoot } from './places/change-root.ts';
import { credentialDoors } from './places/credential-doors.ts';
import { doors } from './places/doors.ts';
import { policies } from './places/policies.ts';
import { treeFunctions } from './places/tree-functions.ts';
import { treeKeys } from './places/tree-keys.ts';

/**
 * Where accounts stand, as a key whose comparison PostgreSQL trusts under row-level security (leakproof): a subtree is a range of
 * `(root_id, path_key)`. `path @>` is not: under a policy it could not use its index, and every search read the whole tree.
 *
 * And by that the three classes of tables: those of a tree are keyed by its root and the account, so that a tree can be carried elsewhere
 * whole (docs/decisions/0010-places-are-ranges.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await places(db);
  await directory(db);
  await actingPlace(db);
  await treeKeys(db);
  await policies(db);
  await treeFunctions(db);
  await doors(db);
  await credentialDoors(db);
  await changeRoot(db);
}

const places = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- The ids below the root, 16 bytes a level, nothing for the root itself. At most 512 bytes at depth 32: an index row may have 2 704.
    CREATE FUNCTION key_of(p_path uuid[]) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT coalesce(string_agg(uuid_send(id), ''::bytea ORDER BY level), ''::bytea) FROM unnest(p_path[2:]) WITH ORDINALITY u(id, level) $$;
    -- A loop, and not a query: that took ten times as long.
    CREATE FUNCTION path_of(p_root uuid, p_key bytea) RETURNS uuid[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE path uuid[] := ARRAY[p_root];
    BEGIN
      FOR level IN 1..octet_length(p_key) / 16 LOOP
        path := path || encode(substr(p_key, level * 16 - 15, 16), 'hex')::uuid;
      END LOOP;
      RETURN path;
    END $$;

    -- Computed once from the paths that were there; from now on the key is what is written, and there is no path.
    ALTER TABLE accounts ADD COLUMN path_key bytea NOT NULL GENERATED ALWAYS AS (key_of(path)) STORED;
    ALTER TABLE accounts ALTER COLUMN path_key DROP EXPRESSION;
    ALTER TABLE past_placements ADD COLUMN root_id uuid NOT NULL GENERATED ALWAYS AS (path[1]) STORED,
      ADD COLUMN path_key bytea NOT NULL GENERATED ALWAYS AS (key_of(path)) STORED;
    ALTER TABLE past_placements ALTER COLUMN root_id DROP EXPRESSION, ALTER COLUMN path_key DROP EXPRESSION;
    ALTER TABLE departures ADD COLUMN path_key bytea NOT NULL GENERATED ALWAYS AS (key_of(path)) STORED;
    ALTER TABLE departures ALTER COLUMN path_key DROP EXPRESSION;
    DROP FUNCTION key_of;

    DROP POLICY subtree ON accounts;
    DROP POLICY subtree ON past_placements;
    DROP POLICY subtree ON departures;
    ALTER TABLE past_placements DROP COLUMN path;
    ALTER TABLE departures DROP COLUMN path;
    ALTER TABLE accounts DROP COLUMN path, DROP COLUMN depth;
    ALTER TABLE accounts ADD COLUMN depth smallint NOT NULL GENERATED ALWAYS AS (octet_length(path_key) / 16) STORED,
      ADD CONSTRAINT accounts_place_is_whole CHECK (octet_length(path_key) % 16 = 0 AND octet_length(path_key) <= 512),
      -- A subtree ends where its key does with ff behind it: no id begins so (they are UUIDv7, of this age).
      ADD CONSTRAINT accounts_place_ends_in_id CHECK (
        CASE WHEN path_key = '' THEN id = root_id ELSE substr(path_key, octet_length(path_key) - 15) = uuid_send(id) AND get_byte(path_key, octet_length(path_key) - 16) < 255 END),
      ADD CONSTRAINT accounts_place_is_below_parent CHECK (
        CASE octet_length(path_key) WHEN 0 THEN parent_id IS NULL WHEN 16 THEN parent_id IS NOT DISTINCT FROM root_id
          ELSE parent_id IS NOT NULL AND substr(path_key, octet_length(path_key) - 31, 16) = uuid_send(parent_id) END);
    CREATE UNIQUE INDEX accounts_place ON accounts (root_id, path_key);
    CREATE INDEX past_placements_place ON past_placements (root_id, path_key);

    -- What each version changed, for whoever resumes: kept for minutes, and no index on what changes all the time.
    CREATE TABLE tree_changes (
      root_id uuid NOT NULL, version bigint NOT NULL, kind text NOT NULL CHECK (kind IN ('usage', 'accounts', 'moved')),
      accounts uuid[] NOT NULL, at timestamptz NOT NULL,
      PRIMARY KEY (root_id, version, kind)
    );
    ALTER TABLE tree_changes ALTER accounts SET STORAGE EXTERNAL;
    ALTER TABLE tree_changes ENABLE ROW LEVEL SECURITY;
  `.execute(db);

const directory = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- In which tree an account is: what is asked before the tree is known, and what keeps an id from being given twice.
    CREATE TABLE account_roots (id uuid PRIMARY KEY, root_id uuid NOT NULL);
    INSERT INTO account_roots (id, root_id) SELECT id, root_id FROM accounts;
    ALTER TABLE account_roots ENABLE ROW LEVEL SECURITY;
    CREATE FUNCTION note_root() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      INSERT INTO account_roots (id, root_id) VALUES (NEW.id, NEW.root_id);
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION note_root FROM PUBLIC;
    CREATE TRIGGER note_root AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION note_root();
  `.execute(db);

const actingPlace = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
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
    REVOKE ALL ON FUNCTION bind_tenant FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION bind_tenant TO tenantree_app;

    -- The key of an account that the reader sees; NULL of any other. Planned as what it answers, so that a range of it is taken for what it is.
    CREATE FUNCTION place_of(p_account uuid) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
      RETURN (SELECT a.path_key FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_account);
  `.execute(db);
