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
import type { Selectable } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { JobsTable } from '../schema.ts';
import type { JobAsker } from './jobs.ts';
import type { JobRef } from './queue.ts';

/** A job as it is now. */
export type JobRow = {
  readonly id: RowId;
  readonly kind: string;
  readonly state: JobState;
  readonly counts: JobCounts;
  readonly askedBy: JobAsker;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly cancelAskedAt: Instant | null;
};

const rowOf = (row: Omit<Selectable<JobsTable>, 'root_id' | 'account_id' | 'key'>): JobRow => ({
  id: row.id as RowId,
  kind: row.kind,
  state: row.state,
  counts: { total: row.total, done: row.done, skipped: row.skipped, failed: row.failed },
  // As it was written when the job was asked for.
  askedBy: row.asked_by as JobAsker,
  createdAt: row.created_at.toISOString() as Instant,
  startedAt: instantOrNull(row.started_at),
  endedAt: instantOrNull(row.ended_at),
  cancelAskedAt: instantOrNull(row.cancel_asked_at),
});

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
  const rows = await trx
    .selectFrom('jobs')
    .selectAll()
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('kind', 'in', [...kinds])
    .$if(before !== null, (query) => query.where('id', '<', before))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(rowOf);
}

/** Reads a job; null when there is none. */
export async function readJob(trx: TenantTransaction, { account, job }: JobRef): Promise<JobRow | null> {
  const row = await trx
    .selectFrom('jobs')
    .selectAll()
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', job)
    .executeTakeFirst();
  return row ? rowOf(row) : null;
}

/** One item of a job, and what became of it. */
export type JobItemRow = {
  /** Its number in the job, from 1. */
  readonly n: number;
  /** The account it is about, if it is about one. */
  readonly target: AccountId | null;
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
    .select(['n', 'target_id', 'state', 'attempts', 'result', 'error'])
    .where('root_id', '=', ACTING_ROOT)
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
    state: row.state,
    attempts: row.attempts,
    // As it was told, and came back from JSON.
    result: row.result as JsonValue,
    error: row.error as Refusal | null,
  }));
}
