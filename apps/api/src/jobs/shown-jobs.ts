import { cancelJob, type JobRow, readJob } from '@tenantree/db';
import { etaSeconds, type Instant, isEnded, type JobCounts, type JobState, msOf, type RowId } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { ruleOf } from '../guard/access.ts';
import { type Access, admit } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import type { AnyJob } from './define-job.ts';

/** A job as people see it. */
export type ShownJob = JobCounts & {
  readonly id: RowId;
  readonly kind: string;
  /** What it does, in words. */
  readonly label: string;
  readonly state: JobState;
  readonly askedBy: { readonly kind: 'person' | 'key' | 'embed' | 'system'; readonly name: string };
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly cancelAskedAt: Instant | null;
  /** How long it will go on, by its speed so far; null: nobody knows, or it has ended. */
  readonly etaSeconds: number | null;
};

/** The kinds of jobs that a caller may see: what the procedure does that asks for them is not hidden from the caller. */
export const kindsSeen = (jobs: readonly AnyJob[], { levels }: Pick<Access, 'levels'>): readonly AnyJob[] =>
  jobs.filter(({ procedure }) => {
    const rule = ruleOf(procedure);
    return rule.kind === 'account' && levels[rule.permission] !== 'none';
  });

/** Shapes a job. */
export function shownJob(
  { counts, askedBy: { actor }, ...row }: JobRow,
  jobs: readonly AnyJob[],
  nowMs: number,
): ShownJob {
  const isRunning = row.state === 'running' && row.startedAt !== null;
  return {
    ...row,
    ...counts,
    label: jobs.find(({ name }) => name === row.kind)?.label ?? row.kind,
    askedBy: { kind: actor.kind, name: actor.name },
    etaSeconds: isRunning && row.startedAt !== null ? etaSeconds(counts, nowMs - msOf(row.startedAt)) : null,
  };
}

type Call = {
  readonly hall: Hall;
  readonly actor: Actor;
  readonly caller: Caller;
  readonly access: Access;
  readonly jobs: readonly AnyJob[];
};

/** Finds a job of the acting account that the caller may see. @throws Refused NOT_FOUND */
export async function findJob(
  { hall, access, jobs }: Pick<Call, 'hall' | 'access' | 'jobs'>,
  id: RowId,
): Promise<JobRow> {
  const found = await hall.db.withTenant(access.id, (trx) => readJob(trx, { account: access.id, job: id }), {
    snapshot: true,
  });
  const isSeen = found !== null && kindsSeen(jobs, access).some(({ name }) => name === found.kind);
  return isSeen ? found : refuseWith('NOT_FOUND', 'There is no such job.', 'job');
}

/**
 * Stops a job: no more of it begins, what is done stays. For those who may ask for such a job. One that has ended, or was stopped before,
 * stays as it is.
 *
 * @throws Refused NOT_FOUND, FORBIDDEN
 */
export async function stopJob(call: Call, id: RowId): Promise<JobRow> {
  const { hall, actor, caller, access, jobs } = call;
  const found = await findJob(call, id);
  const kind = jobs.find(({ name }) => name === found.kind);
  if (!kind || found.askedBy.actor.kind === 'system')
    refuseWith('FORBIDDEN', 'This job is the platform’s own. Nobody stops it.', 'job');
  granted(await admit(hall, actor, access.id, kind.procedure));
  if (isEnded(found.state)) return found;
  await hall.change(caller, { root: access.root, acting: access.id }, async ({ trx, now, happened }) => {
    if (!(await cancelJob(trx, { account: access.id, job: id }, now))) return;
    happened('job.cancelled', access.id, { job: kind.label, account: access.name }, { id, name: kind.label });
  });
  return findJob(call, id);
}
