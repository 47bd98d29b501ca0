import { type Kysely, sql } from 'kysely';

/** Blueprints, their versions, and which accounts were set up from which (rules/blueprints). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await tables(db);
  await triggers(db);
}

const tables = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE TABLE blueprints (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, name_key text NOT NULL COLLATE by_name,
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX blueprints_name ON blueprints (root_id, account_id, name_key);
    -- A row never changes. content: all that is set up, with documents as they were. judged: what of it accounts are compared with, as they store it.
    -- hashes: of each section that there is.
    CREATE TABLE blueprint_versions (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, version int NOT NULL,
      content jsonb NOT NULL, judged jsonb NOT NULL, hashes jsonb NOT NULL, saved_by jsonb NOT NULL, saved_at timestamptz NOT NULL,
      PRIMARY KEY (root_id, account_id, id, version),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
      FOREIGN KEY (root_id, account_id, id) REFERENCES blueprints (root_id, account_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- What an account was set up from. blueprint_account: no foreign key, as it stands in another account, and applications end where it leaves.
    -- products: by what they are copies of. before: what stood there, for whoever takes it back. *_same: whether a section is as it was set up;
    -- NULL: it was none of it. application: raised with each, so that nobody takes back another one than they saw.
    CREATE TABLE blueprint_applications (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, blueprint_id uuid NOT NULL, blueprint_account uuid NOT NULL,
      version int NOT NULL, application uuid NOT NULL, sections text[] NOT NULL, variables jsonb NOT NULL, products jsonb NOT NULL, before jsonb NOT NULL,
      state text NOT NULL CHECK (state IN ('set_up', 'being_set_up', 'incomplete')), fault jsonb,
      caps_same boolean, limits_same boolean, book_same boolean, products_same boolean,
      applied_by jsonb NOT NULL, applied_at timestamptz NOT NULL,
      PRIMARY KEY (root_id, account_id, blueprint_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- All that drift is told from: no row is looked at for it.
    CREATE INDEX blueprint_applications_drift ON blueprint_applications (root_id, blueprint_id, account_id)
      INCLUDE (version, state, caps_same, limits_same, book_same, products_same);
    -- What was shown of an application before it is run, once.
    CREATE TABLE blueprint_plans (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, asked jsonb NOT NULL, shown jsonb NOT NULL,
      created_at timestamptz NOT NULL, PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- Of a copy that a blueprint set up: what stands in its document for variables, and where.
    ALTER TABLE product_links ADD COLUMN filling jsonb;
    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['blueprints', 'blueprint_versions', 'blueprint_applications', 'blueprint_plans'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY subtree ON %I TO tenantree_app '
          'USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id)) '
          'WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))', name);
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$;
    GRANT SELECT, INSERT, DELETE ON blueprints, blueprint_versions, blueprint_plans TO tenantree_app;
    GRANT UPDATE (name, name_key) ON blueprints TO tenantree_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON blueprint_applications TO tenantree_app;
  `.execute(db);

/** What accounts are compared with is compared when it is written; what it is compared by is in files of functions. */
const triggers = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE OR REPLACE FUNCTION keep_caps_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$ BEGIN RETURN NULL; END $$;
    CREATE OR REPLACE FUNCTION keep_limits_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$ BEGIN RETURN NULL; END $$;
    CREATE OR REPLACE FUNCTION keep_book_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN RETURN NULL; END $$;
    CREATE OR REPLACE FUNCTION keep_product_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$ BEGIN RETURN NULL; END $$;
    CREATE OR REPLACE FUNCTION keep_link_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER keep_caps_drift AFTER UPDATE OF levels ON account_caps FOR EACH ROW EXECUTE FUNCTION keep_caps_drift();
    CREATE TRIGGER keep_limits_drift AFTER INSERT OR UPDATE OF cap, reserve, at_limit, thresholds ON limits FOR EACH ROW EXECUTE FUNCTION keep_limits_drift();
    CREATE TRIGGER keep_book_drift AFTER INSERT OR UPDATE OR DELETE ON book_assignments FOR EACH ROW EXECUTE FUNCTION keep_book_drift();
    -- Of conversations, contacts and tasks no blueprint knows.
    CREATE TRIGGER keep_product_drift AFTER UPDATE OF doc OR DELETE ON products FOR EACH ROW
      WHEN (OLD.kind NOT IN ('conversation', 'contact', 'task')) EXECUTE FUNCTION keep_product_drift();
    CREATE TRIGGER keep_link_drift AFTER INSERT OR UPDATE OF base_doc OR DELETE ON product_links FOR EACH ROW EXECUTE FUNCTION keep_link_drift();
  `.execute(db);
