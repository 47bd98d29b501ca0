import { type Kysely, sql } from 'kysely';

/**
 * Rows of the journal stay in the chain that they were written in. Where accounts came from another tree, it is noted which rows of other
 * chains are about them, so that the log of many accounts is read a page at a time, too (docs/decisions/0017-one-journal.md). No account
 * has come to another tree before this.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Written by change_root, and by nobody else. chain_id, seq: where the row is; the rest as it stands there.
    CREATE TABLE carried_entries (
      root_id uuid NOT NULL, account_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL, actor_id uuid,
      chain_id uuid NOT NULL, seq bigint NOT NULL,
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- The same orders as those of the journal.
    CREATE INDEX carried_entries_of_tree ON carried_entries (root_id, id);
    CREATE INDEX carried_entries_of_actor ON carried_entries (root_id, actor_id, id);
    CREATE INDEX carried_entries_of_kind ON carried_entries (root_id, kind, id);
    ALTER TABLE carried_entries ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree_read ON carried_entries FOR SELECT TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT ON carried_entries TO tenantree_app;
    -- As every table of a tree has been told (0020-young-tables.ts).
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'carried_entries', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
  `.execute(db);
}
