import { type Kysely, sql } from 'kysely';

/** Views of lists of subaccounts that people keep for themselves (rules/accounts 32). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- owner: whose it is: a person, or a user of an embedded screen, as who opened it names them.
    CREATE TABLE list_views (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, owner text NOT NULL, id uuid NOT NULL,
      name text NOT NULL, name_key text NOT NULL, look jsonb NOT NULL,
      PRIMARY KEY (root_id, account_id, owner, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX list_views_name ON list_views (root_id, account_id, owner, name_key);
    ALTER TABLE list_views ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_account ON list_views TO tenantree_app
      USING (root_id = acting_root() AND account_id = acting_account())
      WITH CHECK (root_id = acting_root() AND account_id = acting_account());
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'list_views', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
    GRANT SELECT, INSERT, UPDATE, DELETE ON list_views TO tenantree_app;
  `.execute(db);
}
