import { type Kysely, sql } from 'kysely';

/**
 * Functions stand in one file each, and what was applied of them is known; what accounts have a number of is rows, and not columns, so that
 * there may be more of it (docs/decisions/0020-registries.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await functions(db);
  await resources(db);
}

const functions = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- hash: SHA-256 of the text that the function was made by at last.
    CREATE TABLE applied_functions (name text PRIMARY KEY, hash text NOT NULL);
    ALTER TABLE applied_functions ENABLE ROW LEVEL SECURITY;
  `.execute(db);

const resources = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What accounts have of a resource: own, and total with what is below them. Without a row: none.
    -- period: of kinds that are counted by billing period; -infinity of all others.
    -- held: of total, what is promised to accounts below and not used yet (rules/data 8). Nobody promises anything yet.
    CREATE TABLE resource_totals (
      root_id uuid NOT NULL, account_id uuid NOT NULL, resource text NOT NULL, period timestamptz NOT NULL DEFAULT '-infinity',
      own bigint NOT NULL, total bigint NOT NULL, held bigint NOT NULL DEFAULT 0
    );
    INSERT INTO resource_totals (root_id, account_id, resource, own, total)
      SELECT a.root_id, a.id, r.resource, r.own, r.total FROM accounts a CROSS JOIN LATERAL (
        VALUES ('subaccounts', a.children, a.subaccounts), ('members', a.own_members, a.total_members), ('agents', a.own_agents, a.total_agents)
      ) r(resource, own, total) WHERE r.own <> 0 OR r.total <> 0;
    ALTER TABLE resource_totals ADD PRIMARY KEY (root_id, account_id, resource, period),
      ADD FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE;
    ALTER TABLE resource_totals ENABLE ROW LEVEL SECURITY;
    -- As every table of a tree has been told (0020-young-tables.ts).
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'resource_totals', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
  `.execute(db);
