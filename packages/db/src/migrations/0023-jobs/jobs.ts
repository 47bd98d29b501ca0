import { type Kysely, sql } from 'kysely';

/**
 * Jobs (docs/decisions/0019-jobs.md): what is to be done, what became of it, and which servers are at work. graphile-worker's own schema is
 * there already (`migrate`); it only wakes.
 */
export async function jobs(db: Kysely<unknown>): Promise<void> {
  await tables(db);
  await wakes(db);
  await tending(db);
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

const wakes = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Lets a job of the acting account's subtree have its next step, after a while. Part of the transaction that asks for it.
    CREATE FUNCTION wake_job(p_account uuid, p_job uuid, p_in_ms bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
    DECLARE due timestamptz := clock_timestamp() + p_in_ms * interval '1 ms';
    BEGIN
      UPDATE jobs j SET due_at = due WHERE j.root_id = acting_root() AND j.account_id = p_account AND j.id = p_job AND j.ended_at IS NULL
        AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = p_account
          AND a.path_key >= acting_key() AND a.path_key < acting_end() LIMIT 1);
      IF FOUND THEN PERFORM wake_at(p_account, p_job, due); END IF;
    END $$;
    -- Asked again, it is woken once, at the later time; in the middle of a step, once more after it.
    CREATE FUNCTION wake_at(p_account uuid, p_job uuid, p_due timestamptz) RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
      SELECT graphile_worker.add_job('job.step', json_build_object('account', p_account, 'job', p_job), job_key => 'job:' || p_job, run_at => p_due)
    $$;
    REVOKE ALL ON FUNCTION wake_job, wake_at FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION wake_job TO tenantree_app;
  `.execute(db);

const tending = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- A server says that it lives (p_pool), and does what those who don't left behind: what they had locked goes to others (graphile-worker
    -- alone would wait four hours), and live jobs that nobody is about to wake are woken. How many servers had fallen silent.
    CREATE FUNCTION tend_jobs(p_pool text, p_silent_ms int) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '10s' AS $$
    DECLARE
      silent text[];
      since timestamptz := clock_timestamp() - p_silent_ms * interval '1 ms';
    BEGIN
      INSERT INTO job_workers VALUES (p_pool, clock_timestamp()) ON CONFLICT (pool_id) DO UPDATE SET seen_at = clock_timestamp();
      -- One is enough.
      IF NOT pg_try_advisory_xact_lock(hashtextextended('tenantree.jobs', 0)) THEN RETURN 0; END IF;
      silent := ARRAY(SELECT DISTINCT g.locked_by FROM graphile_worker._private_jobs g
        WHERE g.locked_at < since AND NOT EXISTS (SELECT FROM job_workers w WHERE w.pool_id = g.locked_by AND w.seen_at >= since));
      IF cardinality(silent) > 0 THEN PERFORM graphile_worker.force_unlock_workers(silent); END IF;
      DELETE FROM job_workers WHERE seen_at < since;
      PERFORM wake_at(j.account_id, j.id, clock_timestamp()) FROM jobs j
        WHERE j.ended_at IS NULL AND j.due_at < since AND NOT EXISTS (SELECT FROM graphile_worker._private_jobs g
          WHERE g.key = 'job:' || j.id AND (g.locked_at IS NOT NULL OR (g.is_available AND g.run_at < clock_timestamp())));
      RETURN cardinality(silent);
    END $$;

    -- Forgets jobs that ended long ago, with their items, and what graphile-worker keeps of steps that were given up.
    CREATE FUNCTION forget_jobs(p_ended_before timestamptz) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE gone int;
    BEGIN
      WITH old AS (DELETE FROM jobs WHERE ended_at < p_ended_before RETURNING root_id, account_id, id),
        items AS (DELETE FROM job_items i USING old o WHERE i.root_id = o.root_id AND i.account_id = o.account_id AND i.job_id = o.id)
      SELECT count(*) INTO gone FROM old;
      DELETE FROM graphile_worker._private_jobs WHERE attempts >= max_attempts AND locked_at IS NULL;
      RETURN gone;
    END $$;

    -- How many jobs are live, and for how long the one that is overdue the longest waits for its next step.
    CREATE FUNCTION job_backlog() RETURNS TABLE (live int, overdue_ms float8)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT count(*)::int, greatest(0, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)) * 1000, 0))::float8
      FROM jobs WHERE ended_at IS NULL
    $$;
    -- What the key stands for by now that a job was asked for with (0013-places.ts).
    CREATE FUNCTION key_in_tree_of(p_account uuid, p_key uuid) RETURNS TABLE (
      root_id uuid, account_id uuid, id uuid, user_id uuid, name text, expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz,
      scopes jsonb, within uuid[], path_key bytea, member_of uuid[], roles text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
      SELECT k.* FROM account_roots d CROSS JOIN LATERAL presented_key(d.root_id, p_key) k WHERE d.id = p_account
    $$;
    REVOKE ALL ON FUNCTION tend_jobs, forget_jobs, job_backlog, key_in_tree_of FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION tend_jobs, forget_jobs, job_backlog, key_in_tree_of TO tenantree_serve;
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
