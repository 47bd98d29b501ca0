import { type Kysely, sql } from 'kysely';

/**
 * Roll-ups are folded: a count notes what it adds to quarters of an hour as one row, and once a second all such rows of a tree are added up
 * and written together. Written by every count they had cost as much as the totals did (docs/decisions/0011-usage-by-month.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE unfolded_quarters (
      root_id uuid NOT NULL, meter text NOT NULL, accounts uuid[] NOT NULL, quarters timestamptz[] NOT NULL, owns numeric[] NOT NULL, totals numeric[] NOT NULL
    );
    ALTER TABLE unfolded_quarters ALTER accounts SET STORAGE EXTERNAL, ALTER quarters SET STORAGE EXTERNAL,
      ALTER owns SET STORAGE EXTERNAL, ALTER totals SET STORAGE EXTERNAL;
    ALTER TABLE unfolded_quarters ENABLE ROW LEVEL SECURITY;
    CREATE INDEX unfolded_quarters_tree ON unfolded_quarters (root_id);
    GRANT MAINTAIN ON unfolded_quarters TO tenantree_serve;
  `.execute(db);
}
