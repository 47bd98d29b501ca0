import type {
  AccountId,
  Instant,
  JobCounts,
  JobItemState,
  JobState,
  JsonValue,
  Refusal,
  RowId,
} from '@tenantree/domain';
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { JobsTable } from '../schema.ts';
import type { JobAsker } from './jobs.ts';
import type { JobRef } from './queue.ts';

/** A job as it is now. */
export type JobRow = {
  readonly id: RowId;
  readonly kind: string;
  /** What all of it is about, as that was called when it was asked for, with what its first item is done by. Null: nothing that has a name. */
  readonly subject: { readonly name: string; readonly payload: unknown } | null;
  readonly state: JobState;
  readonly counts: JobCounts;
  readonly askedBy: JobAsker;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly cancelAskedAt: Instant | null;
  /** The file that it wrote; it may have expired. */
  readonly file: { readonly filename: string; readonly hasUsage: boolean; readonly expiresAt: Instant } | null;
};

type RawJob = Omit<Selectable<JobsTable>, 'account_id' | 'key'> & {
  readonly first_payload: unknown;
  readonly filename: string | null;
  readonly has_usage: boolean | null;
  readonly expires_at: Date | null;
};

const rowOf = (row: RawJob): JobRow => ({
  id: row.id as RowId,
  kind: row.kind,
  subject: row.subject === null ? null : { name: row.subject, payload: row.first_payload },
  state: row.state,
  counts: { total: row.total, done: row.done, skipped: row.skipped, failed: row.failed },
  // As it was written when the job was asked for.
  askedBy: row.asked_by as JobAsker,
  createdAt: row.created_at.toISOString() as Instant,
  startedAt: instantOrNull(row.started_at),
  endedAt: instantOrNull(row.ended_at),
  cancelAskedAt: instantOrNull(row.cancel_asked_at),
  file:
    row.filename === null || row.expires_at === null
      ? null
      : {
          filename: row.filename,
          hasUsage: row.has_usage === true,
          expiresAt: row.expires_at.toISOString() as Instant,
        },
});

/** Jobs of an account of the acting tree, each with the file that it wrote. */
async function findJobs(trx: TenantTransaction, account: AccountId, which: RawBuilder<unknown>): Promise<JobRow[]> {
  const { rows } = await sql<RawJob>`
    SELECT j.*, f.filename, f.has_usage, f.expires_at, i.payload AS first_payload FROM jobs j
    LEFT JOIN job_items i ON j.subject IS NOT NULL
      AND i.account_id = j.account_id AND i.job_id = j.id AND i.n = 1
    LEFT JOIN job_files f ON f.account_id = j.account_id AND f.job_id = j.id AND f.part = 0
    WHERE j.account_id = ${account} AND ${which}`.execute(trx);
  return rows.map(rowOf);
}

/** Which jobs of an account are asked for: of some kinds, those that are older than one. */
export type JobsAsked = {
  readonly account: AccountId;
  readonly kinds: readonly string[];
  readonly before: RowId | null;
  readonly limit: number;
};

/** Lists jobs of an account, newest first. */
export async function readJobs(
  trx: TenantTransaction,
  { account, kinds, before, limit }: JobsAsked,
): Promise<JobRow[]> {
  if (kinds.length === 0) return [];
  const older = before === null ? sql`true` : sql`j.id < ${before}`;
  return findJobs(trx, account, sql`j.kind = ANY(${kinds}) AND ${older} ORDER BY j.id DESC LIMIT ${limit}`);
}

/** Reads a job; null when there is none. */
export async function readJob(trx: TenantTransaction, { account, job }: JobRef): Promise<JobRow | null> {
  return (await findJobs(trx, account, sql`j.id = ${job}`))[0] ?? null;
}

/** One item of a job, and what became of it. */
export type JobItemRow = {
  /** Its number in the job, from 1. */
  readonly n: number;
  /** The account it is about, if it is about one. */
  readonly target: AccountId | null;
  /** What it is done by; read by the kind of job. */
  readonly payload: unknown;
  readonly state: JobItemState;
  readonly attempts: number;
  /** What people are told of it. */
  readonly result: JsonValue;
  /** Why its last attempt failed. */
  readonly error: Refusal | null;
};

/** Lists items of a job in their order, after a given one; of one state, if that is asked for. */
export async function readJobItems(
  trx: TenantTransaction,
  { account, job }: JobRef,
  { state, after, limit }: { readonly state: JobItemState | null; readonly after: number; readonly limit: number },
): Promise<JobItemRow[]> {
  const rows = await trx
    .selectFrom('job_items')
    .select(['n', 'target_id', 'payload', 'state', 'attempts', 'result', 'error'])
    .where('account_id', '=', account)
    .where('job_id', '=', job)
    .where('n', '>', after)
    .$if(state !== null, (query) => query.where('state', '=', state))
    .orderBy('n')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    n: row.n,
    target: row.target_id as AccountId | null,
    payload: row.payload,
    state: row.state,
    attempts: row.attempts,
    // As it was told, and came back from JSON.
    result: row.result as JsonValue,
    error: row.error as Refusal | null,
  }));
}
