import { type Kysely, sql } from 'kysely';

/**
 * Jobs (docs/decisions/0019-jobs.md): what is to be done, what became of it, and which servers are at work. graphile-worker's own schema is
 * there already (`migrate`); it only wakes.
 */
export async function jobs(db: Kysely<unknown>): Promise<void> {
  await tables(db);
  await served(db);
}

const tables = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE TABLE jobs (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL,
      kind text NOT NULL,
      -- Of the live jobs of a kind in an account one at the most has it.
      key text,
      asked_by jsonb NOT NULL,
      state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'partly', 'failed', 'cancelled')),
      total int NOT NULL CHECK (total > 0), done int NOT NULL DEFAULT 0, skipped int NOT NULL DEFAULT 0, failed int NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL, started_at timestamptz, ended_at timestamptz, cancel_asked_at timestamptz,
      -- When its next step is due, by the clock of the database.
      due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      CHECK ((ended_at IS NULL) = (state IN ('queued', 'running'))),
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE UNIQUE INDEX jobs_key ON jobs (root_id, account_id, kind, key) WHERE ended_at IS NULL;
    CREATE INDEX jobs_live ON jobs (due_at) WHERE ended_at IS NULL;
    CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
    -- Knows its job by its id alone: both follow their account to another tree, each by itself.
    CREATE TABLE job_items (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, job_id uuid NOT NULL, n int NOT NULL,
      target_id uuid,
      payload jsonb NOT NULL,
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'skipped', 'failed')),
      attempts int NOT NULL DEFAULT 0,
      due_at timestamptz NOT NULL DEFAULT '-infinity',
      result jsonb,
      error jsonb,
      PRIMARY KEY (root_id, account_id, job_id, n),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX job_items_pending ON job_items (root_id, account_id, job_id, n) WHERE state = 'pending';
    -- The servers that work on jobs, by the id under which graphile-worker locks for them.
    CREATE TABLE job_workers (pool_id text PRIMARY KEY, seen_at timestamptz NOT NULL);

    ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
    ALTER TABLE job_items ENABLE ROW LEVEL SECURITY;
    ALTER TABLE job_workers ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON jobs TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    CREATE POLICY subtree ON job_items TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT, INSERT ON jobs, job_items TO tenantree_app;
    GRANT UPDATE (state, done, skipped, failed, started_at, ended_at, cancel_asked_at) ON jobs TO tenantree_app;
    GRANT UPDATE (state, attempts, due_at, result, error) ON job_items TO tenantree_app;

    -- As in 0020-young-tables.ts: few rows of an empty table have one root, says PostgreSQL otherwise.
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', name, 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real) FROM unnest(ARRAY['jobs', 'job_items']) t(name);
  `.execute(db);

const served = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- What graphile-worker does with a server's login. There are ids in it and nothing else: whose job it is stands in ours.
    GRANT USAGE ON SCHEMA graphile_worker TO tenantree_serve;
    GRANT SELECT, UPDATE, DELETE ON graphile_worker._private_jobs TO tenantree_serve;
    GRANT SELECT, UPDATE ON graphile_worker._private_job_queues TO tenantree_serve;
    GRANT SELECT, INSERT ON graphile_worker._private_tasks TO tenantree_serve;
    CREATE POLICY serving ON graphile_worker._private_jobs TO tenantree_serve USING (true);
    CREATE POLICY serving ON graphile_worker._private_job_queues TO tenantree_serve USING (true);
    CREATE POLICY serving ON graphile_worker._private_tasks TO tenantree_serve USING (true) WITH CHECK (true);
  `.execute(db);
