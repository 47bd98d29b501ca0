import type { AccountId, Instant, RowId } from '@tenantree/domain';
import type { ProductKindKey, RolloutStage, RolloutState } from '@tenantree/domain/products';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import type { StoredActor } from '../schema.ts';

/** What is rolled out, and how far that is. */
export type Rollout = {
  readonly id: RowId;
  readonly kind: ProductKindKey;
  readonly product: RowId;
  readonly version: number;
  /** As it was called when it began. */
  readonly name: string;
  /** It stops after so many failures. */
  readonly stopOn: number;
  readonly askedBy: StoredActor;
  readonly state: RolloutState;
  /** The stage that goes on, or is next, from 1. */
  readonly stage: number;
  readonly createdAt: Instant;
  readonly endedAt: Instant | null;
};

/** Accounts by what became of them. */
export type StageCounts = {
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
  /** Of those that are done: where something stayed as it is there that both changed. */
  readonly conflicts: number;
};

/** A stage of a roll-out, as far as it is. The counts are those of now, also while its job goes on. */
export type StageRow = RolloutStage &
  StageCounts & {
    readonly n: number;
    /** Jobs that did it, the last one last. */
    readonly jobs: readonly RowId[];
    /** Jobs that took it back. */
    readonly undone: readonly RowId[];
    readonly startsAt: Instant | null;
    readonly endedAt: Instant | null;
    /** Its job has begun. */
    readonly isBegun: boolean;
  };

type StoredRollout = {
  readonly id: RowId;
  readonly kind: ProductKindKey;
  readonly product_id: RowId;
  readonly version: number;
  readonly name: string;
  readonly stop_on: number;
  readonly asked_by: StoredActor;
  readonly state: RolloutState;
  readonly stage: number;
  readonly created_at: Date;
  readonly ended_at: Date | null;
};

const rolloutOf = (row: StoredRollout): Rollout => ({
  id: row.id,
  kind: row.kind,
  product: row.product_id,
  version: row.version,
  name: row.name,
  stopOn: row.stop_on,
  askedBy: row.asked_by,
  state: row.state,
  stage: row.stage,
  createdAt: row.created_at.toISOString() as Instant,
  endedAt: instantOrNull(row.ended_at),
});

/** Begins a roll-out with its stages. @returns false when another one of the product goes on */
export async function insertRollout(
  trx: TenantTransaction,
  account: AccountId,
  rollout: Rollout,
  stages: readonly RolloutStage[],
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO rollouts (account_id, id, kind, product_id, version, name, stop_on, asked_by, state, stage, created_at)
    VALUES (${account}, ${rollout.id}, ${rollout.kind}, ${rollout.product}, ${rollout.version}, ${rollout.name}, ${rollout.stopOn},
      ${JSON.stringify(rollout.askedBy)}::jsonb, ${rollout.state}, ${rollout.stage}, ${rollout.createdAt}::timestamptz)
    ON CONFLICT (root_id, account_id, product_id) WHERE ended_at IS NULL DO NOTHING RETURNING id`.execute(trx);
  if (rows.length === 0) return false;
  for (const [n, { targets, afterHours }] of stages.entries())
    await sql`
      INSERT INTO rollout_stages (account_id, rollout_id, n, targets, after_hours)
      VALUES (${account}, ${rollout.id}, ${n + 1}, ${[...targets]}::uuid[], ${afterHours})`.execute(trx);
  return true;
}

/** A roll-out of an account; null: there is none. */
export async function readRollout(trx: TenantTransaction, account: AccountId, id: RowId): Promise<Rollout | null> {
  const { rows } = await sql<StoredRollout>`
    SELECT * FROM rollouts WHERE root_id = acting_root() AND account_id = ${account} AND id = ${id}`.execute(trx);
  return rows[0] ? rolloutOf(rows[0]) : null;
}

/** Roll-outs of a product, the latest first. */
export async function listRollouts(
  trx: TenantTransaction,
  { account, product }: { readonly account: AccountId; readonly product: RowId },
  before: RowId | null,
  limit: number,
): Promise<Rollout[]> {
  const { rows } = await sql<StoredRollout>`
    SELECT * FROM rollouts WHERE root_id = acting_root() AND account_id = ${account} AND product_id = ${product}
      AND (${before}::uuid IS NULL OR id < ${before}::uuid) ORDER BY id DESC LIMIT ${limit}`.execute(trx);
  return rows.map(rolloutOf);
}

/** The roll-out that a job does a stage of; null: it does none. */
export async function findRolloutOf(trx: TenantTransaction, account: AccountId, job: RowId): Promise<Rollout | null> {
  const { rows } = await sql<StoredRollout>`
    SELECT r.* FROM rollout_stages s JOIN rollouts r ON r.root_id = acting_root() AND r.account_id = ${account} AND r.id = s.rollout_id
    WHERE s.root_id = acting_root() AND s.account_id = ${account} AND ${job} = ANY (s.jobs)`.execute(trx);
  return rows[0] ? rolloutOf(rows[0]) : null;
}

/** Writes how far a roll-out is. */
export async function setRollout(
  trx: TenantTransaction,
  account: AccountId,
  { id, state, stage, endedAt }: Pick<Rollout, 'id' | 'state' | 'stage' | 'endedAt'>,
): Promise<void> {
  await sql`
    UPDATE rollouts SET state = ${state}, stage = ${stage}, ended_at = ${endedAt}::timestamptz
    WHERE root_id = acting_root() AND account_id = ${account} AND id = ${id}`.execute(trx);
}

/** The stages of a roll-out in their order, each with what became of it so far. */
export async function readStages(trx: TenantTransaction, account: AccountId, rollout: RowId): Promise<StageRow[]> {
  type Stored = StageCounts & {
    readonly n: number;
    readonly targets: AccountId[];
    readonly after_hours: number | null;
    readonly jobs: RowId[];
    readonly undone: RowId[];
    readonly starts_at: Date | null;
    readonly ended_at: Date | null;
    readonly is_begun: boolean;
  };
  const { rows } = await sql<Stored>`
    SELECT s.n, s.targets, s.after_hours, s.jobs, s.undone, s.starts_at, s.ended_at, s.done + coalesce(j.done, 0) AS done,
      s.skipped + coalesce(j.skipped, 0) AS skipped, s.failed + coalesce(j.failed, 0) AS failed, s.conflicts + coalesce(j.conflicts, 0) AS conflicts,
      j.started_at IS NOT NULL AS is_begun
    FROM rollout_stages s LEFT JOIN LATERAL (
      SELECT j.started_at, j.done, j.skipped, j.failed, ${conflictsOf(account)} AS conflicts FROM jobs j
      WHERE j.account_id = ${account} AND j.id = s.jobs[cardinality(s.jobs)] AND s.ended_at IS NULL) j ON true
    WHERE s.root_id = acting_root() AND s.account_id = ${account} AND s.rollout_id = ${rollout} ORDER BY s.n`.execute(
    trx,
  );
  return rows.map(({ after_hours: afterHours, starts_at: startsAt, ended_at: endedAt, is_begun: isBegun, ...row }) => ({
    ...row,
    afterHours,
    isBegun,
    startsAt: instantOrNull(startsAt),
    endedAt: instantOrNull(endedAt),
  }));
}

/** How many of a job's accounts keep something that both changed: it is told with their results. */
const conflictsOf = (account: AccountId) => sql`(
  SELECT count(*)::int FROM job_items i WHERE i.account_id = ${account} AND i.job_id = j.id
    AND i.state = 'done' AND (i.result ->> 'conflicts')::int > 0)`;

/** Begins a stage, or lets it go on: by another job. @param failed whether that tries those again that failed */
export async function beginStage(
  trx: TenantTransaction,
  account: AccountId,
  rollout: RowId,
  n: number,
  { job, startsAt, failed }: { readonly job: RowId; readonly startsAt: Instant; readonly failed: 'left' | 'again' },
): Promise<void> {
  await sql`
    UPDATE rollout_stages SET jobs = jobs || ${job}::uuid, starts_at = ${startsAt}::timestamptz, ended_at = NULL,
      failed = CASE WHEN ${failed === 'again'} THEN 0 ELSE failed END
    WHERE root_id = acting_root() AND account_id = ${account} AND rollout_id = ${rollout} AND n = ${n}`.execute(trx);
}

/** Notes when a stage begins that was to wait. */
export async function setStageStart(
  trx: TenantTransaction,
  account: AccountId,
  rollout: RowId,
  n: number,
  startsAt: Instant,
): Promise<void> {
  await sql`
    UPDATE rollout_stages SET starts_at = ${startsAt}::timestamptz
    WHERE root_id = acting_root() AND account_id = ${account} AND rollout_id = ${rollout} AND n = ${n}`.execute(trx);
}

/** Keeps what a job made of a stage, as jobs are forgotten. @returns of how many accounts it failed, and how many had no turn */
export async function endStage(
  trx: TenantTransaction,
  account: AccountId,
  rollout: RowId,
  n: number,
  at: Instant,
): Promise<{ readonly failed: number; readonly unbegun: number }> {
  const { rows } = await sql<{ failed: number; unbegun: number }>`
    UPDATE rollout_stages s SET ended_at = ${at}::timestamptz, done = s.done + e.done, skipped = s.skipped + e.skipped, failed = s.failed + e.failed,
      conflicts = s.conflicts + e.conflicts
    FROM (
      SELECT x.n, j.done, j.skipped, j.failed, j.total - j.done - j.skipped - j.failed AS unbegun, ${conflictsOf(account)} AS conflicts
      FROM rollout_stages x JOIN jobs j ON j.account_id = ${account} AND j.id = x.jobs[cardinality(x.jobs)]
      WHERE x.root_id = acting_root() AND x.account_id = ${account} AND x.rollout_id = ${rollout} AND x.n = ${n}) e
    WHERE s.root_id = acting_root() AND s.account_id = ${account} AND s.rollout_id = ${rollout} AND s.n = e.n RETURNING e.failed, e.unbegun`.execute(
    trx,
  );
  return rows[0] ?? { failed: 0, unbegun: 0 };
}

/** Accounts of a stage that its jobs have not done. @param failed whether those count that were tried, and failed */
export async function readStageRest(
  trx: TenantTransaction,
  account: AccountId,
  { targets, jobs }: Pick<StageRow, 'targets' | 'jobs'>,
  failed: 'left' | 'again',
): Promise<AccountId[]> {
  const { rows } = await sql<{ id: AccountId }>`
    SELECT t.id FROM unnest(${[...targets]}::uuid[]) WITH ORDINALITY t(id, n) WHERE NOT EXISTS (
      SELECT FROM unnest(${[...jobs]}::uuid[]) j(id) JOIN job_items i ON i.account_id = ${account} AND i.job_id = j.id
      WHERE i.target_id = t.id AND (i.state IN ('done', 'skipped') OR (i.state = 'failed' AND ${failed === 'left'})))
    ORDER BY t.n`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Notes that jobs take a stage back. */
export async function noteRolledBack(
  trx: TenantTransaction,
  account: AccountId,
  rollout: RowId,
  n: number,
  jobs: readonly RowId[],
): Promise<void> {
  await sql`
    UPDATE rollout_stages SET undone = undone || ${[...jobs]}::uuid[]
    WHERE root_id = acting_root() AND account_id = ${account} AND rollout_id = ${rollout} AND n = ${n}`.execute(trx);
}

/** Why accounts of some jobs failed: so many at the most. */
export async function readFailures(
  trx: TenantTransaction,
  account: AccountId,
  jobs: readonly RowId[],
  limit: number,
): Promise<{ readonly job: RowId; readonly account: AccountId; readonly error: unknown }[]> {
  const { rows } = await sql<{ job_id: RowId; target_id: AccountId; error: unknown }>`
    SELECT i.job_id, i.target_id, i.error FROM unnest(${[...jobs]}::uuid[]) j(id)
    JOIN job_items i ON i.account_id = ${account} AND i.job_id = j.id
    WHERE i.state = 'failed' AND i.target_id IS NOT NULL ORDER BY i.job_id, i.n LIMIT ${limit}`.execute(trx);
  return rows.map(({ job_id: job, target_id: target, error }) => ({ job, account: target, error }));
}

/** Accounts below one that have a copy of a product which is older than a version, in their order. */
export async function readOlderCopies(
  trx: TenantTransaction,
  { account, product }: { readonly account: AccountId; readonly product: RowId },
  version: number,
): Promise<{ readonly account: AccountId; readonly product: RowId }[]> {
  const { rows } = await sql<{ account_id: AccountId; product_id: RowId }>`
    SELECT l.account_id, l.product_id FROM product_links l JOIN accounts a ON a.root_id = acting_root() AND a.id = l.account_id
    WHERE l.root_id = acting_root() AND l.source_account = ${account} AND l.source_id = ${product} AND l.source_version < ${version}
      AND a.status <> 'closed' ORDER BY l.account_id`.execute(trx);
  return rows.map((row) => ({ account: row.account_id, product: row.product_id }));
}

/** How many copies of a product there are below its account, by the version that they were last written from, the latest first. */
export async function countCopies(
  trx: TenantTransaction,
  { account, product }: { readonly account: AccountId; readonly product: RowId },
): Promise<{ readonly version: number; readonly accounts: number }[]> {
  const { rows } = await sql<{ version: number; accounts: number }>`
    SELECT l.source_version AS version, count(*)::int AS accounts FROM product_links l JOIN accounts a ON a.root_id = acting_root() AND a.id = l.account_id
    WHERE l.root_id = acting_root() AND l.source_account = ${account} AND l.source_id = ${product} GROUP BY 1 ORDER BY 1 DESC`.execute(
    trx,
  );
  return rows;
}
