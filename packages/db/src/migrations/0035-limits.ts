import { type Kysely, sql } from 'kysely';

/**
 * Limits: what accounts may have or use at the most, what they are promised, and the leases of what was admitted
 * (docs/decisions/0025-limits.md).
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Metered kinds count in fractions. held is what is kept for accounts below; fired the highest threshold that has told.
    ALTER TABLE resource_totals ALTER own TYPE numeric(29, 9), ALTER total TYPE numeric(29, 9), ALTER held TYPE numeric(29, 9),
      ADD fired smallint NOT NULL DEFAULT 0;
    ALTER TABLE resource_totals SET (fillfactor = 50);

    -- What is set of a kind for an account. cap null: unlimited. promised: the sum of what accounts directly below are promised, or promise on
    -- where that is more. version 0: nothing was ever set here, but something is promised below.
    CREATE TABLE limits (
      root_id uuid NOT NULL, account_id uuid NOT NULL, kind text NOT NULL, metered boolean NOT NULL,
      cap numeric(29, 9) CHECK (cap >= 0), reserve numeric(29, 9) NOT NULL DEFAULT 0 CHECK (reserve >= 0),
      promised numeric(29, 9) NOT NULL DEFAULT 0 CHECK (promised >= 0),
      at_limit text NOT NULL DEFAULT 'block' CHECK (at_limit IN ('block', 'notify')),
      thresholds smallint[] NOT NULL DEFAULT '{}', version int NOT NULL DEFAULT 0,
      PRIMARY KEY (root_id, account_id, kind),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX limits_kind ON limits (root_id, kind);

    -- What new accounts directly below an account begin with.
    CREATE TABLE limit_defaults (
      root_id uuid NOT NULL, account_id uuid NOT NULL, kind text NOT NULL, metered boolean NOT NULL,
      cap numeric(29, 9) CHECK (cap >= 0), at_limit text NOT NULL CHECK (at_limit IN ('block', 'notify')), thresholds smallint[] NOT NULL,
      PRIMARY KEY (root_id, account_id, kind),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );

    -- What was admitted and has not ended. key: the caller's. settling: usage that names it is recorded, and the count that adds it ends it.
    CREATE TABLE leases (
      root_id uuid NOT NULL, account_id uuid NOT NULL, key text NOT NULL, kind text NOT NULL, period timestamptz NOT NULL,
      n numeric(29, 9) NOT NULL CHECK (n > 0), expires_at timestamptz NOT NULL, settling boolean NOT NULL DEFAULT false,
      PRIMARY KEY (root_id, account_id, key),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX leases_expiry ON leases (root_id, kind, expires_at);
    CREATE INDEX leases_overdue ON leases (expires_at);
    CREATE INDEX leases_settling ON leases (root_id, kind) WHERE settling;

    ALTER TABLE limits ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON limits FOR SELECT TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT ON limits TO tenantree_app;
    ALTER TABLE limit_defaults ENABLE ROW LEVEL SECURITY;
    ALTER TABLE leases ENABLE ROW LEVEL SECURITY;

    -- Raised by whatever changes where accounts of a tree stand: who remembers places asks whether they are the present ones.
    ALTER TABLE tree_versions ADD shape bigint NOT NULL DEFAULT 0;

    -- As every table of a tree has been told (0020-young-tables.ts).
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', t.name, 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real) FROM unnest(ARRAY['limits', 'limit_defaults', 'leases']) t(name);
  `.execute(db);
}
