import { type Kysely, sql } from 'kysely';

/** What is copied from an account above stays linked to it; what is to be imported is planned first (rules/products 12–14). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- source_account, source_id: no foreign keys, as the copy outlives what it is one of, and its account may leave the tree. source_version,
    -- source_name, base_doc, ids: as it was last written from there; base_doc has this account's ids, and ids what they stand for. parts: of which
    -- it is a copy; null: all of it. needs: places of secrets that are missing. version: of the product, when it was written from there last.
    -- before: what stood here before that, for whoever takes it back.
    CREATE TABLE product_links (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, product_id uuid NOT NULL,
      source_account uuid NOT NULL, source_id uuid NOT NULL, source_version int NOT NULL, source_name text NOT NULL,
      parts text[], base_doc jsonb NOT NULL, ids jsonb NOT NULL, needs text[] NOT NULL, activates boolean NOT NULL, version int NOT NULL, before jsonb,
      PRIMARY KEY (root_id, account_id, product_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE,
      FOREIGN KEY (root_id, account_id, product_id) REFERENCES products (root_id, account_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX product_links_source ON product_links (root_id, account_id, source_id);
    CREATE INDEX product_links_copies ON product_links (root_id, source_account, source_id, account_id);
    -- What was shown of an import before it is run, once: by then all of that has to be so still.
    CREATE TABLE import_plans (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, asked jsonb NOT NULL, shown jsonb NOT NULL,
      created_at timestamptz NOT NULL, PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['product_links', 'import_plans'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY subtree ON %I TO tenantree_app '
          'USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id)) '
          'WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))', name);
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$;
    GRANT SELECT, INSERT, UPDATE, DELETE ON product_links TO tenantree_app;
    GRANT SELECT, INSERT, DELETE ON import_plans TO tenantree_app;
  `.execute(db);
}
