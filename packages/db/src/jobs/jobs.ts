import {
  type AccountId,
  type Instant,
  type JobCounts,
  type JobState,
  type KeyId,
  outcomeOf,
  type Refusal,
  type UserId,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';
import type { AuditActor } from '../journal/append.ts';
import { jsonList } from '../json-list.ts';
import type { JobRef } from './queue.ts';

/** Who asked for a job: whoever may not do it any more can't have it done. The system is nobody's user. */
export type JobAsker = {
  readonly actor: AuditActor;
  readonly user: UserId | null;
  readonly key: KeyId | null;
  readonly requestId: string | null;
};

/**
 * What is to be done to one thing. What its payload has as `secrets` is kept apart, and gone when that is done or won't be done any more.
 */
export type NewJobItem = { readonly target: AccountId | null; readonly payload: unknown };

export type NewJob = JobRef & {
  readonly kind: string;
  /** Of the live jobs of a kind in an account, one at the most has it; null: there may be any number. */
  readonly key: string | null;
  readonly askedBy: JobAsker;
  /** What all of it is about, as that is called now: “Front office v2”. */
  readonly subject?: string;
  /** One or more. */
  readonly items: readonly NewJobItem[];
  readonly now: Instant;
  /** Nothing more of it begins after so many failures; absent: it goes on. */
  readonly stopOn?: number;
  /** How long it waits before it begins (ms). */
  readonly inMs?: number;
};

/** Stores a job and lets it begin when the transaction is committed. @returns whether there was none with its key */
export async function insertJob(trx: TenantTransaction, job: NewJob): Promise<boolean> {
  const stored = await trx
    .insertInto('jobs')
    .values({
      account_id: job.account,
      id: job.job,
      kind: job.kind,
      key: job.key,
      asked_by: JSON.stringify(job.askedBy),
      subject: job.subject ?? null,
      total: job.items.length,
      stop_on: job.stopOn ?? null,
      created_at: job.now,
      started_at: null,
      ended_at: null,
      cancel_asked_at: null,
    })
    .onConflict((conflict) => conflict.columns(['account_id', 'kind', 'key']).where('ended_at', 'is', null).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!stored) return false;
  const inMs = job.inMs ?? 0;
  await sql`
    INSERT INTO job_items (account_id, job_id, n, target_id, payload, secrets, due_at)
    SELECT ${job.account}, ${job.job}, i.n, i.target, i.payload - 'secrets', i.payload -> 'secrets', clock_timestamp() + ${inMs}::float8 * interval '1 ms'
    FROM unnest(${job.items.map(({ target }) => target)}::uuid[], ${jsonList(job.items.map(({ payload }) => payload))})
      WITH ORDINALITY i(target, payload, n)`.execute(trx);
  await wakeJob(trx, job, inMs);
  return true;
}

/** Lets a job begin now that was to wait for its time. */
export async function hastenJob(trx: TenantTransaction, ref: JobRef): Promise<void> {
  await sql`
    UPDATE job_items SET due_at = clock_timestamp()
    WHERE account_id = ${ref.account} AND job_id = ${ref.job} AND state = 'pending'`.execute(trx);
  await wakeJob(trx, ref, 0);
}

/** Lets a job have its next step when the transaction is committed. @param inMs how long afterwards */
export async function wakeJob(trx: TenantTransaction, { account, job }: JobRef, inMs: number): Promise<void> {
  await sql`SELECT wake_job(${account}, ${job}, ${Math.round(inMs)})`.execute(trx);
}

/** A job as it is worked on. */
export type LiveJob = {
  readonly kind: string;
  /** The tree in which its account stands. */
  readonly root: AccountId;
  readonly askedBy: JobAsker;
  readonly createdAt: Instant;
  /** Nothing of it is to begin any more. */
  readonly isCancelled: boolean;
  /** Nothing more of it begins after so many more failures; null: it goes on. */
  readonly failuresLeft: number | null;
};

/** Begins a step: the job is running from its first one on. Null when it has ended, or is gone with its account. */
export async function beginJobStep(
  trx: TenantTransaction,
  { account, job }: JobRef,
  now: Instant,
): Promise<LiveJob | null> {
  const row = await trx
    .updateTable('jobs')
    .set({ state: 'running', started_at: sql<Date>`coalesce(started_at, ${now}::timestamptz)` })
    .where('account_id', '=', account)
    .where('id', '=', job)
    .where('ended_at', 'is', null)
    .returning([ACTING_ROOT.as('root_id'), 'kind', 'asked_by', 'created_at', 'cancel_asked_at', 'stop_on', 'failed'])
    .executeTakeFirst();
  if (!row) return null;
  return {
    kind: row.kind,
    root: row.root_id as AccountId,
    // As it was written when the job was asked for.
    askedBy: row.asked_by as JobAsker,
    createdAt: row.created_at.toISOString() as Instant,
    isCancelled: row.cancel_asked_at !== null,
    failuresLeft: row.stop_on === null ? null : row.stop_on - row.failed,
  };
}

/** An item whose turn has come. */
export type TakenItem = {
  readonly n: number;
  readonly target: AccountId | null;
  readonly payload: unknown;
  /** Which attempt this is, from 1. One that ended its server counts; one more than there may be: it is to be given up. */
  readonly attempt: number;
};

/**
 * Takes the next items that are due, in their order; none when none is, or nothing more is to begin. Until their next attempt would be due nobody
 * else takes them: when one ends its server, the others are not held up by it. One that was tried before is taken by itself, as it may be
 * what ended its server.
 *
 * @param most of them at the most
 * @param waitsMs how long each attempt but the last one waits when it fails
 */
export async function takeJobItems(
  trx: TenantTransaction,
  { account, job }: JobRef,
  most: number,
  waitsMs: readonly number[],
): Promise<TakenItem[]> {
  const { rows } = await sql<{ n: number; target_id: AccountId | null; payload: unknown; attempt: number }>`
    WITH due AS MATERIALIZED (
      SELECT p.n, p.attempts FROM job_items p
      WHERE p.account_id = ${account} AND p.job_id = ${job} AND p.state = 'pending'
        AND p.due_at <= clock_timestamp() AND (
          SELECT j.cancel_asked_at IS NULL AND (j.failed < j.stop_on) IS NOT FALSE FROM jobs j WHERE j.account_id = ${account} AND j.id = ${job})
      ORDER BY p.n LIMIT ${most} FOR UPDATE OF p)
    UPDATE job_items t SET attempts = least(t.attempts, ${waitsMs.length}) + 1,
      due_at = clock_timestamp() + coalesce((${[...waitsMs]}::float8[])[t.attempts + 1], 0) * interval '1 ms'
    WHERE t.account_id = ${account} AND t.job_id = ${job} AND t.n = ANY (ARRAY(
      SELECT d.n FROM due d, (SELECT x.n, x.attempts FROM due x ORDER BY x.n LIMIT 1) first
      WHERE d.n = first.n OR (d.attempts = 0 AND first.attempts = 0)))
    RETURNING t.n, t.target_id, CASE WHEN t.secrets IS NULL THEN t.payload ELSE t.payload || jsonb_build_object('secrets', t.secrets) END AS payload,
      old.attempts + 1 AS attempt`.execute(trx);
  return rows
    .map(({ n, target_id: target, payload, attempt }) => ({ n, target, payload, attempt }))
    .toSorted((one, other) => one.n - other.n);
}

/** What became of an item. */
export type ItemEnd =
  | { readonly state: 'done'; readonly result: unknown }
  | { readonly state: 'skipped'; readonly result: unknown }
  | { readonly state: 'failed'; readonly error: Refusal };

/**
 * Ends items, in the transaction of what was done: both are kept, or neither.
 *
 * @returns false when one has ended already, and nothing must be done; or is gone with its account
 */
export async function endJobItems(
  trx: TenantTransaction,
  { account, job }: JobRef,
  ends: readonly (ItemEnd & Pick<TakenItem, 'n'>)[],
): Promise<boolean> {
  const ns = ends.map(({ n }) => n);
  const states = ends.map(({ state }) => state);
  const values = jsonList(ends.map((end) => (end.state === 'failed' ? end.error : end.result) ?? null));
  // By a list of numbers, too: as a join alone all of the job's items were read.
  const { rows } = await sql<{ ended: number }>`
    WITH ended AS (
      UPDATE job_items t SET state = e.state, secrets = CASE WHEN e.state = 'failed' THEN t.secrets END,
        result = CASE WHEN e.state = 'failed' THEN t.result ELSE e.value END, error = CASE WHEN e.state = 'failed' THEN e.value ELSE t.error END
      FROM unnest(${ns}::int[], ${states}::text[], ${values}) e(n, state, value)
      WHERE t.account_id = ${account} AND t.job_id = ${job} AND t.n = ANY (${ns}::int[]) AND t.n = e.n
        AND t.state = 'pending'
      RETURNING t.state),
    counts AS (
      SELECT count(*)::int AS ended, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state = 'skipped') AS skipped,
        count(*) FILTER (WHERE state = 'failed') AS failed FROM ended)
    UPDATE jobs j SET done = j.done + c.done, skipped = j.skipped + c.skipped, failed = j.failed + c.failed FROM counts c
    WHERE j.account_id = ${account} AND j.id = ${job} RETURNING c.ended`.execute(trx);
  return rows[0]?.ended === ends.length;
}

/** Notes why an item failed, and lets it wait before it is tried again. */
export async function postponeJobItem(
  trx: TenantTransaction,
  { account, job }: JobRef,
  n: number,
  { error, inMs }: { readonly error: Refusal; readonly inMs: number },
): Promise<void> {
  await trx
    .updateTable('job_items')
    .set({ error: JSON.stringify(error), due_at: sql<Date>`clock_timestamp() + ${inMs}::float8 * interval '1 ms'` })
    .where('account_id', '=', account)
    .where('job_id', '=', job)
    .where('n', '=', n)
    .where('state', '=', 'pending')
    .execute();
}

/** Ends all that is left of a job with one error. */
export async function failJobItems(trx: TenantTransaction, { account, job }: JobRef, error: Refusal): Promise<void> {
  await sql`
    WITH failing AS (
      UPDATE job_items SET state = 'failed', error = ${JSON.stringify(error)}
      WHERE account_id = ${account} AND job_id = ${job} AND state = 'pending' RETURNING n)
    UPDATE jobs SET failed = failed + (SELECT count(*) FROM failing)
    WHERE account_id = ${account} AND id = ${job}`.execute(trx);
}

/**
 * Ends a step: the job is woken when its next item is due.
 *
 * @returns the tree in which it is to be ended, as nothing of it is left, or to begin; null: it goes on, or has ended. What was done may have
 * brought its account to another tree
 */
export async function endJobStep(trx: TenantTransaction, ref: JobRef): Promise<AccountId | null> {
  const { account, job } = ref;
  const { rows } = await sql<{ root_id: AccountId; is_over: boolean; due_in_ms: number | null }>`
    SELECT acting_root() AS root_id, j.cancel_asked_at IS NOT NULL OR (j.failed < j.stop_on) IS FALSE AS is_over, (
      SELECT greatest(0, extract(epoch FROM i.due_at - clock_timestamp())::float8 * 1000) FROM job_items i
      WHERE i.account_id = ${account} AND i.job_id = ${job} AND i.state = 'pending'
      ORDER BY i.due_at LIMIT 1) AS due_in_ms
    FROM jobs j WHERE j.account_id = ${account} AND j.id = ${job} AND j.ended_at IS NULL
    FOR UPDATE OF j`.execute(trx);
  const row = rows[0];
  if (!row) return null;
  if (row.due_in_ms === null || row.is_over) return row.root_id;
  await wakeJob(trx, ref, row.due_in_ms);
  return null;
}

/** How a job has ended. */
export type JobEnd = JobCounts & { readonly state: JobState };

/** Ends a job of which nothing is left, or to begin. @returns how it ended; null when it had before, or is gone with its account */
export async function endJob(trx: TenantTransaction, { account, job }: JobRef, now: Instant): Promise<JobEnd | null> {
  const counts = await trx
    .selectFrom('jobs')
    .select(['total', 'done', 'skipped', 'failed'])
    .where('account_id', '=', account)
    .where('id', '=', job)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!counts) return null;
  const state = outcomeOf(counts);
  // What was stopped is not tried again.
  if (state === 'cancelled')
    await sql`
      UPDATE job_items i SET secrets = NULL
      WHERE i.account_id = ${account} AND i.job_id = ${job} AND i.secrets IS NOT NULL`.execute(trx);
  await trx
    .updateTable('jobs')
    .set({ state, ended_at: now })
    .where('account_id', '=', account)
    .where('id', '=', job)
    .execute();
  return { state, ...counts };
}

/** Asks a job to begin nothing more; what is done stays. @returns false when that has happened before, or it has ended, or is not there */
export async function cancelJob(trx: TenantTransaction, ref: JobRef, now: Instant): Promise<boolean> {
  const asked = await trx
    .updateTable('jobs')
    .set({ cancel_asked_at: now })
    .where('account_id', '=', ref.account)
    .where('id', '=', ref.job)
    .where('ended_at', 'is', null)
    .where('cancel_asked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (asked) await wakeJob(trx, ref, 0);
  return asked !== undefined;
}

/**
 * Lets a job that has ended try again what failed of it, by whoever asks now.
 *
 * @param only these of its items; null: all that failed
 * @returns how many items that are; null when it goes on, nothing of it failed, or it was stopped before all of it had begun
 */
export async function retryJob(
  trx: TenantTransaction,
  ref: JobRef,
  askedBy: JobAsker,
  only: readonly number[] | null,
): Promise<number | null> {
  const { rows } = await sql<{ retried: number }>`
    WITH ended AS MATERIALIZED (
      SELECT j.id FROM jobs j WHERE j.account_id = ${ref.account} AND j.id = ${ref.job}
        AND j.state IN ('partly', 'failed') FOR UPDATE),
    items AS (
      UPDATE job_items i SET state = 'pending', attempts = 0, error = NULL, due_at = clock_timestamp() FROM ended
      WHERE i.account_id = ${ref.account} AND i.job_id = ${ref.job} AND i.state = 'failed'
        AND (${only && [...only]}::int[] IS NULL OR i.n = ANY (${only && [...only]}::int[])) RETURNING i.n),
    again AS (SELECT count(*)::int AS n FROM items)
    UPDATE jobs j SET state = 'queued', asked_by = ${JSON.stringify(askedBy)}::jsonb, failed = j.failed - again.n, started_at = NULL, ended_at = NULL
    FROM again WHERE j.account_id = ${ref.account} AND j.id = ${ref.job} AND again.n > 0 RETURNING again.n AS retried`.execute(
    trx,
  );
  const retried = rows[0]?.retried ?? null;
  if (retried !== null) await wakeJob(trx, ref, 0);
  return retried;
}

/** Forgets jobs that ended before an instant, and files that have expired by now; how many jobs. */
export async function forgetJobs(
  db: Database,
  { endedBefore, now }: { readonly endedBefore: Instant; readonly now: Instant },
): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT public.forget_jobs(${endedBefore}::timestamptz, ${now}::timestamptz) AS n`.execute(db.app);
  return rows[0]?.n ?? 0;
}

/** How many servers said within a time (ms) that they live. */
export async function countServers(db: Database, withinMs: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT public.servers_seen(${withinMs}) AS n`.execute(db.app);
  return rows[0]?.n ?? 0;
}
