import { type Kysely, sql } from 'kysely';

/** What accounts own, as versioned documents (docs/decisions/0030-products.md); agents become some of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await tables(db);
  await agents(db);
  await keys(db);
  await rights(db);
}

const tables = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- doc: without secrets. tree_version: of the tree, when it was changed at last. id is the product's for ever, also of one that is deleted
    -- and comes back.
    CREATE TABLE products (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL,
      name text NOT NULL, name_key text COLLATE by_name NOT NULL,
      search_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (without_diacritics(name_key)) STORED,
      external_id text, version int NOT NULL DEFAULT 1 CHECK (version > 0), doc jsonb NOT NULL,
      saved_at timestamptz NOT NULL, saved_by jsonb NOT NULL, tree_version bigint NOT NULL
    );
    -- Secrets of documents, by their place there: encrypted with a key of the deployment.
    CREATE TABLE product_secrets (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, product_id uuid NOT NULL, place text NOT NULL,
      ciphertext bytea NOT NULL, last4 text NOT NULL, PRIMARY KEY (root_id, account_id, product_id, place)
    );
    -- What a document names, by its place there.
    CREATE TABLE product_refs (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, from_id uuid NOT NULL, place text NOT NULL,
      to_id uuid NOT NULL, required boolean NOT NULL, PRIMARY KEY (root_id, account_id, from_id, place)
    );
    -- What a product was until ended_at. deleted: it ended with it.
    CREATE TABLE product_versions (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, product_id uuid NOT NULL, version int NOT NULL, kind text NOT NULL,
      name text NOT NULL, external_id text, doc jsonb NOT NULL, saved_at timestamptz NOT NULL, saved_by jsonb NOT NULL,
      ended_at timestamptz NOT NULL, ended_by jsonb NOT NULL, deleted boolean NOT NULL, tree_version bigint NOT NULL,
      PRIMARY KEY (root_id, account_id, product_id, version),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- What usage says of conversations until it is counted.
    CREATE TABLE noted_conversations (
      root_id uuid NOT NULL, account_id uuid NOT NULL, conversation text NOT NULL, agent text, meter text NOT NULL, quantity numeric NOT NULL,
      occurred_at timestamptz NOT NULL, attributes jsonb NOT NULL
    );
    CREATE INDEX noted_conversations_tree ON noted_conversations (root_id);
    ALTER TABLE noted_conversations ENABLE ROW LEVEL SECURITY;
    CREATE INDEX product_versions_deleted ON product_versions (root_id, account_id, kind, tree_version, product_id) WHERE deleted;
    CREATE INDEX product_versions_ended ON product_versions (ended_at);
  `.execute(db);

/**
 * Agents had a name each, which others of the account could have, too: all but the first get a number. Their names fold as those of accounts
 * do, but for what is invisible in them.
 */
const agents = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    INSERT INTO products (root_id, account_id, id, kind, name, name_key, external_id, doc, saved_at, saved_by, tree_version)
      SELECT g.root_id, g.account_id, g.id, 'agent', g.name, btrim(regexp_replace(lower(upper(lower(g.name COLLATE "und-x-icu") COLLATE "und-x-icu") COLLATE "und-x-icu"), '\\s+', ' ', 'g')),
        g.external_id, jsonb_build_object('name', g.name), g.created_at, '{"id": null, "name": "Tenantree"}', coalesce(v.version, 0)
      FROM agents g LEFT JOIN tree_versions v ON v.root_id = g.root_id;
    DROP TABLE agents;
    DO $$
    DECLARE n int := 2;
    BEGIN
      LOOP
        CREATE TEMPORARY TABLE doubles ON COMMIT DROP AS SELECT d.root_id, d.account_id, d.id FROM (
          SELECT p.root_id, p.account_id, p.id, row_number() OVER (PARTITION BY p.root_id, p.account_id, p.name_key ORDER BY p.version, p.id) AS nth FROM products p
        ) d WHERE d.nth > 1;
        EXIT WHEN NOT EXISTS (SELECT FROM doubles);
        -- Version 2: those with a new name, which gives way to one that was there.
        UPDATE products p SET version = 2, name = w.name, doc = jsonb_build_object('name', w.name),
          name_key = btrim(regexp_replace(lower(upper(lower(w.name COLLATE "und-x-icu") COLLATE "und-x-icu") COLLATE "und-x-icu"), '\\s+', ' ', 'g'))
        FROM (
          SELECT x.root_id, x.account_id, x.id, rtrim(left(regexp_replace(x.name, ' \\(\\d+\\)$', ''), 117 - length(m.n::text))) || ' (' || m.n || ')' AS name
          FROM (SELECT p.*, row_number() OVER (PARTITION BY p.root_id, p.account_id, p.name_key ORDER BY p.id) AS nth FROM doubles d JOIN products p USING (root_id, account_id, id)) x
          CROSS JOIN LATERAL (SELECT x.nth + n - 1 AS n) m
        ) w WHERE p.root_id = w.root_id AND p.account_id = w.account_id AND p.id = w.id;
        DROP TABLE doubles;
        n := n + 1;
      END LOOP;
      UPDATE products SET version = 1 WHERE version = 2;
    END $$;
  `.execute(db);

const keys = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    ALTER TABLE products ADD PRIMARY KEY (root_id, account_id, id),
      ADD FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE;
    ALTER TABLE product_secrets
      ADD FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE,
      ADD FOREIGN KEY (root_id, account_id, product_id) REFERENCES products (root_id, account_id, id) ON UPDATE CASCADE ON DELETE CASCADE;
    -- Names nothing of another account. What is required can't be deleted; what isn't, is named no more (delete_products).
    ALTER TABLE product_refs
      ADD FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE,
      ADD FOREIGN KEY (root_id, account_id, from_id) REFERENCES products (root_id, account_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
      ADD FOREIGN KEY (root_id, account_id, to_id) REFERENCES products (root_id, account_id, id) ON UPDATE CASCADE;
    CREATE INDEX product_refs_to ON product_refs (root_id, account_id, to_id);
    -- Lists by name, newest first and by what changed last. People, tasks and conversations may share a name; of a Trust Center there is one.
    CREATE INDEX products_by_name ON products (root_id, account_id, kind, name_key, id);
    CREATE INDEX products_newest ON products (root_id, account_id, kind, id);
    CREATE INDEX products_changed ON products (root_id, account_id, kind, tree_version);
    CREATE UNIQUE INDEX products_name ON products (root_id, account_id, kind, name_key) WHERE kind NOT IN ('contact', 'task', 'conversation');
    CREATE UNIQUE INDEX products_single ON products (root_id, account_id, kind) WHERE kind = 'trustCenter';
    CREATE UNIQUE INDEX products_external_id ON products (root_id, account_id, kind, external_id) WHERE external_id IS NOT NULL;
  `.execute(db);

const rights = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['products', 'product_secrets', 'product_refs', 'product_versions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY subtree ON %I TO tenantree_app '
          'USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id)) '
          'WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))', name);
        -- As every table of a tree has been told (0020-young-tables.ts).
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$;
    GRANT SELECT, INSERT, UPDATE, DELETE ON products TO tenantree_app;
    GRANT SELECT, INSERT, DELETE ON product_secrets, product_refs, product_versions TO tenantree_app;
  `.execute(db);
