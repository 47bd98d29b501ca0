import { type Kysely, sql } from 'kysely';

/** Files of accounts that wait to be imported, row by row (docs/rules/accounts.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- columns: of the file, by their names here. rows null: it is still being read. planned_seq: the number of the tree's last row of the
    -- journal when the rows were judged. job_id: the last job that imported it; made: accounts that it has made.
    CREATE TABLE account_imports (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, filename text NOT NULL, columns text[] NOT NULL,
      rows int, planned_seq bigint, planned_at timestamptz, job_id uuid, made int NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX account_imports_expiry ON account_imports (expires_at);

    -- line: of the file, where the row begins. cells: what it says; the columns after them are that as it was read, name null: it can't be.
    -- known_id: the account that it is said to be. metadata null: nothing is said of it. outcome: new, same, or the code of why it is bad;
    -- was: what it was when it was judged before, if it was another. level: in its turn after the row that makes its parent.
    CREATE TABLE account_import_rows (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, import_id uuid NOT NULL, line int NOT NULL, cells text[] NOT NULL,
      external_id text, known_id uuid, parent_external_id text, parent_id uuid, name text, name_key text, metadata jsonb,
      level int, outcome text, was text, field text, message text,
      PRIMARY KEY (root_id, account_id, import_id, line),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    ) WITH (fillfactor = 70);

    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['account_imports', 'account_import_rows'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_account ON %I TO tenantree_app USING (root_id = acting_root() AND account_id = (SELECT acting_account()))
          WITH CHECK (root_id = acting_root() AND account_id = (SELECT acting_account()))', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tenantree_app', name);
        -- As every table of a tree has been told (0020-young-tables.ts).
        PERFORM pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
          'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
      END LOOP;
    END $$;
  `.execute(db);
}
