import type { Job } from '@tenantree/contract';
import {
  cancelJob,
  type JobItemRow,
  type JobRow,
  readJob,
  readJobItems,
  retryJob,
  type TenantTransaction,
} from '@tenantree/db';
import { type AccountId, DAY_MS, etaSeconds, isEnded, msOf, type RowId } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import { type Access, admit, mayCall } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, Refused, refuseWith } from '../hall/refused.ts';
import type { Bell } from '../live/bells.ts';
import type { Hub } from '../live/hub.ts';
import type { AnyJob } from './define-job.ts';

/** How long after it was asked for what failed of a job can be tried again: versions of products are kept for three times as long. */
const RETRY_DAYS = 30;
/** Items of a job that are read at once. */
const ITEMS_AT_ONCE = 10_000;

/** Rings when a job has gone on. */
export const jobBell = (id: RowId): Bell => ({ of: 'jobs', id });

/**
 * The kinds of jobs that a caller may see: what the procedure does that asks for them is not hidden from the caller. An embedded screen sees
 * those that it could ask for.
 */
export const kindsSeen = (
  jobs: readonly AnyJob[],
  { levels, features }: Pick<Access, 'levels' | 'features'>,
): readonly AnyJob[] =>
  jobs.filter(
    ({ needs: { permission, callers } }) =>
      levels[permission] !== 'none' &&
      (features === null ||
        callers.screens === 'every' ||
        callers.screens.some((feature) => features.includes(feature))),
  );

/** Whether a job can still be stopped: it has neither ended nor been stopped, and somebody asked for it. */
const isStoppable = ({ state, cancelAskedAt, askedBy: { actor } }: JobRow): boolean =>
  !isEnded(state) && cancelAskedAt === null && actor.kind !== 'system';

/** Whether a job can be undone: it has ended, did something, and its kind knows how. */
export const isUndoable = ({ state, counts: { done } }: JobRow, kind: AnyJob | undefined): boolean =>
  kind?.undo !== null && kind?.undo !== undefined && isEnded(state) && done > 0;

/** Whether what failed of a job can be tried again: as long as all that it named is known still. */
const isRetryable = ({ state, createdAt }: JobRow, kind: AnyJob | undefined, nowMs: number): boolean =>
  kind?.again === true && (state === 'partly' || state === 'failed') && msOf(createdAt) > nowMs - RETRY_DAYS * DAY_MS;

/** Whether somebody may see all that is in a file. */
export const maySee = ({ levels }: Pick<Access, 'levels'>, { hasUsage }: { readonly hasUsage: boolean }): boolean =>
  !hasUsage || levels['billing.usage'] === 'full';

/** A job as a caller sees it: what can be done with it they may do, as far as its procedure says. */
export function shownJob(
  found: JobRow,
  { hall, actor, access, jobs }: Pick<JobCall, 'hall' | 'actor' | 'access' | 'jobs'>,
): Job {
  const nowMs = hall.clock.nowMs();
  const {
    counts,
    askedBy: { actor: asker },
    file,
    subject,
    ...row
  } = found;
  const kind = jobs.find(({ name }) => name === row.kind);
  const isRunning = row.state === 'running' && row.startedAt !== null;
  const may = (can: boolean): boolean => can && kind !== undefined && mayCall(hall, actor, access, kind.needs);
  return {
    ...row,
    ...counts,
    label: kind?.label ?? row.kind,
    subject: subject && !kind?.guard?.isHidden(access, subject.payload) ? subject.name : null,
    askedBy: { kind: asker.kind, name: asker.name },
    stoppable: may(isStoppable(found)),
    undoable: may(isUndoable(found, kind)),
    retryable: may(isRetryable(found, kind, nowMs)),
    file:
      file !== null && isEnded(row.state) && msOf(file.expiresAt) > nowMs && maySee(access, file)
        ? { filename: file.filename, expiresAt: file.expiresAt }
        : null,
    etaSeconds: isRunning && row.startedAt !== null ? etaSeconds(counts, nowMs - msOf(row.startedAt)) : null,
  };
}

/** The same, without what some of its items are too much for (`ItemGuard`). */
export function offeredWith(
  job: Job,
  kind: AnyJob | undefined,
  access: Access,
  items: readonly Pick<JobItemRow, 'state' | 'payload'>[],
): Job {
  const may = (can: boolean, state: JobItemRow['state']): boolean => {
    const payloads = items.filter((one) => one.state === state).map(({ payload }) => payload);
    return can && !kind?.guard?.refusal(access, payloads);
  };
  const { stoppable, retryable, undoable } = job;
  return {
    ...job,
    stoppable: may(stoppable, 'pending'),
    retryable: may(retryable, 'failed'),
    undoable: may(undoable, 'done'),
  };
}

/** A call about a job. */
export type JobCall = {
  readonly hall: Hall;
  readonly actor: Actor;
  readonly caller: Caller;
  readonly access: Access;
  readonly jobs: readonly AnyJob[];
  readonly hub: Hub;
};

/** Finds a job of the acting account that the caller may see. @throws Refused NOT_FOUND */
export async function findJob(
  { hall, access, jobs }: Pick<JobCall, 'hall' | 'access' | 'jobs'>,
  id: RowId,
): Promise<JobRow> {
  const found = await hall.db.withTenant(access.id, (trx) => readJob(trx, { account: access.id, job: id }), {
    snapshot: true,
  });
  const isSeen = found !== null && kindsSeen(jobs, access).some(({ name }) => name === found.kind);
  return isSeen ? found : refuseWith('NOT_FOUND', 'There is no such job.', 'job');
}

/** All items of a job in a state, as they were kept. */
export async function itemsIn(
  trx: TenantTransaction,
  ref: { readonly account: AccountId; readonly job: RowId },
  state: JobItemRow['state'],
): Promise<readonly JobItemRow[]> {
  const all: JobItemRow[] = [];
  for (let after = 0; ; after = all.at(-1)?.n ?? after) {
    const page = await readJobItems(trx, ref, { state, after, limit: ITEMS_AT_ONCE });
    all.push(...page);
    if (page.length < ITEMS_AT_ONCE) return all;
  }
}

/** @throws Refused where somebody may not have some items of a job done, and so neither stopped nor taken back */
export function requireItems({ guard }: AnyJob, access: Access, items: readonly JobItemRow[]): void {
  const refusal = guard?.refusal(
    access,
    items.map(({ payload }) => payload),
  );
  if (refusal) throw new Refused(refusal);
}

/**
 * Stops a job: no more of it begins, what is done stays. For those who may ask for such a job. One that has ended, or was stopped before,
 * stays as it is.
 *
 * @throws Refused NOT_FOUND, FORBIDDEN
 */
export async function stopJob(call: JobCall, id: RowId): Promise<JobRow> {
  const { hall, hub, actor, caller, access, jobs } = call;
  const found = await findJob(call, id);
  const kind = jobs.find(({ name }) => name === found.kind);
  if (!kind || found.askedBy.actor.kind === 'system')
    refuseWith('FORBIDDEN', 'This job is the platform’s own. Nobody stops it.', 'job');
  const there = granted(await admit(hall, actor, access.id, kind.needs));
  if (isEnded(found.state)) return found;
  const ref = { account: access.id, job: id };
  await hall.change(caller, { root: access.root, acting: access.id }, async ({ trx, now, happened }) => {
    if (kind.guard) requireItems(kind, there, await itemsIn(trx, ref, 'pending'));
    if (!(await cancelJob(trx, ref, now))) return;
    happened('job.cancelled', access.id, { job: kind.label, account: access.name }, { id, name: kind.label });
  });
  hub.ring(jobBell(id));
  return findJob(call, id);
}

/**
 * Lets a job that has ended try again what failed of it, by whoever may ask for such a job and as them (rules/jobs 16). One that goes on stays
 * as it is.
 *
 * @param only these of its items, by their numbers
 * @throws Refused NOT_FOUND, FORBIDDEN, NOTHING_FAILED
 */
export async function tryAgain(call: JobCall, id: RowId, only?: readonly number[]): Promise<JobRow> {
  const { hall, hub, actor, caller, access, jobs } = call;
  const found = await findJob(call, id);
  const kind = jobs.find(({ name }) => name === found.kind);
  if (!kind?.again) return refuseWith('NOTHING_FAILED', 'What failed of this job can’t be tried again.', 'job');
  const { needs, label } = kind;
  const there = granted(await admit(hall, actor, access.id, needs));
  if (!isEnded(found.state)) return found;
  if (!isRetryable(found, kind, hall.clock.nowMs()))
    refuseWith('NOTHING_FAILED', 'Nothing of it failed, it was stopped, or it is too old to be tried again.', 'job');
  const ref = { account: access.id, job: id };
  const { user, key, requestId } = caller;
  await hall.change(caller, { root: access.root, acting: access.id }, async ({ trx, happened }) => {
    const failed = await itemsIn(trx, ref, 'failed');
    const again = only ? failed.filter(({ n }) => only.includes(n)) : failed;
    if (only && again.length === 0)
      refuseWith('NOTHING_FAILED', 'None of these failed, or they are tried again already.', 'items');
    requireItems(kind, there, again);
    const retried = await retryJob(trx, ref, { actor: caller.actor, user, key, requestId }, only ?? null);
    // Null: somebody else has let it try again meanwhile.
    if (retried !== null)
      happened('job.retried', access.id, { job: label, account: access.name, failed: retried }, { id, name: label });
  });
  hub.ring(jobBell(id));
  return findJob(call, id);
}
