import { type Kysely, sql } from 'kysely';

/** What is new in a product is brought to its copies in stages (rules/products 17); a job may stop after so many failures. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- stop_on: nothing more of it begins after so many failures; null: it goes on.
    ALTER TABLE jobs ADD COLUMN stop_on int;

    -- product_id, version: no foreign key, as what was rolled out may be deleted; name: as it was called then. stage: the one that goes on, or is
    -- next.
    CREATE TABLE rollouts (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL, product_id uuid NOT NULL,
      version int NOT NULL, name text NOT NULL, stop_on int NOT NULL, asked_by jsonb NOT NULL, state text NOT NULL, stage int NOT NULL,
      created_at timestamptz NOT NULL, ended_at timestamptz,
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX rollouts_of ON rollouts (root_id, account_id, product_id, id);
    CREATE UNIQUE INDEX rollouts_live ON rollouts (root_id, account_id, product_id) WHERE ended_at IS NULL;

    -- targets: accounts that it is for. after_hours: how long after it the next one begins; null: when somebody says so. jobs: that did it, the
    -- last one last, and undone: that took it back. The counts are of accounts, and of the jobs that have ended.
    CREATE TABLE rollout_stages (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, rollout_id uuid NOT NULL, n int NOT NULL, targets uuid[] NOT NULL,
      after_hours int, jobs uuid[] NOT NULL DEFAULT '{}', undone uuid[] NOT NULL DEFAULT '{}', done int NOT NULL DEFAULT 0,
      skipped int NOT NULL DEFAULT 0, failed int NOT NULL DEFAULT 0, conflicts int NOT NULL DEFAULT 0, starts_at timestamptz, ended_at timestamptz,
      PRIMARY KEY (root_id, account_id, rollout_id, n),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['rollouts', 'rollout_stages'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_account ON %I TO tenantree_app USING (root_id = acting_root() AND account_id = (SELECT acting_account()))
          WITH CHECK (root_id = acting_root() AND account_id = (SELECT acting_account()))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO tenantree_app', name);
        -- As every table of a tree has been told (0020-young-tables.ts).
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$;
  `.execute(db);
}
