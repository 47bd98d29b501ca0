import { type Kysely, sql } from 'kysely';

/** Files that jobs write, and finding unreviewed accounts whatever number of permissions there is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A job's file in its parts, until it expires. has_usage: it tells what only those may see who may see usage.
    CREATE TABLE job_files (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, job_id uuid NOT NULL, part int NOT NULL,
      filename text NOT NULL, csv text NOT NULL, has_usage boolean NOT NULL, expires_at timestamptz NOT NULL,
      PRIMARY KEY (root_id, account_id, job_id, part),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX job_files_expiry ON job_files (expires_at);
    ALTER TABLE job_files ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON job_files TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT, INSERT ON job_files TO tenantree_app;
    -- As every table of a tree has been told (0020-young-tables.ts).
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'job_files', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);

    -- By how many permissions are decided, and no number of them written down: a release that adds permissions has nothing to make anew.
    DROP INDEX accounts_unreviewed;
    CREATE INDEX accounts_decided ON accounts (root_id, caps_decided, path_key);
  `.execute(db);
}
