import { type Kysely, sql } from 'kysely';

/**
 * What lists at any depth are kept to and sorted by (rules/accounts 6, 30, 31), each answered by an index in the order of its pages.
 *
 * Whether there are members or agents is a column of its own: an index on the counters, or with them in its condition, would make every change
 * of a counter one of all indexes of the row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE accounts ADD COLUMN without_members boolean NOT NULL GENERATED ALWAYS AS (total_members = 0) STORED,
      ADD COLUMN without_agents boolean NOT NULL GENERATED ALWAYS AS (total_agents = 0) STORED;
    -- One for both: every new account is in it.
    CREATE INDEX accounts_bare ON accounts (root_id, path_key) WHERE without_members OR without_agents;
    CREATE INDEX accounts_with_members ON accounts (root_id, path_key) WHERE NOT without_members;
    CREATE INDEX accounts_with_agents ON accounts (root_id, path_key) WHERE NOT without_agents;
    CREATE INDEX accounts_direct ON accounts (root_id, path_key) WHERE billing_mode = 'direct';
    CREATE INDEX accounts_level ON accounts (root_id, depth, path_key);
    CREATE INDEX accounts_by_name ON accounts (root_id, name_key, id);
  `.execute(db);
}
