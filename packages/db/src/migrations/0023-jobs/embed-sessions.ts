import { type Kysely, sql } from 'kysely';

/** Embedded screens: an account's list of origins, sessions on several of them, and their ends before their time. */
export const embedSessions = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Where an account and those below it may be embedded. Without a row it is as above; an empty list is one, too.
    CREATE TABLE embed_origins (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, origins text[] NOT NULL,
      PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    ALTER TABLE embed_origins ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON embed_origins TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON embed_origins TO tenantree_app;
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'embed_origins', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);

    -- A session is on some origins, and may end before its time. One that has stays for a day: it counts for how many were made.
    ALTER TABLE embed_tokens ADD COLUMN origins text[], ADD COLUMN ended_at timestamptz, ADD COLUMN refused_at timestamptz;
    UPDATE embed_tokens SET origins = ARRAY[origin];
    ALTER TABLE embed_tokens ALTER COLUMN origins SET NOT NULL, DROP COLUMN origin;
    CREATE INDEX embed_tokens_live ON embed_tokens (root_id, expires_at) WHERE ended_at IS NULL;
    CREATE INDEX embed_tokens_user ON embed_tokens (root_id, key_id, user_ref, created_at);
  `.execute(db);
