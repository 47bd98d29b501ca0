import type { RowId } from '@tenantree/domain';
import { admit } from '../guard/admit.ts';
import type { Change } from '../hall/change.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import type { Done, Foreseen, Undo } from './define-job.ts';
import { findJob, isUndoable, itemsIn, type JobCall, requireItems } from './shown-jobs.ts';

type Undoable = { readonly undo: Undo; readonly done: readonly Done[]; readonly subject: string | undefined };

/** What a job did, to whoever may ask for such a job. @throws Refused NOT_FOUND, FORBIDDEN, NOT_UNDOABLE */
async function findUndoable(call: Omit<JobCall, 'caller' | 'hub'>, job: RowId): Promise<Undoable> {
  const { hall, actor, access, jobs } = call;
  const found = await findJob(call, job);
  const kind = jobs.find(({ name }) => name === found.kind);
  if (!kind?.undo || !isUndoable(found, kind))
    return refuseWith(
      'NOT_UNDOABLE',
      'This can’t be undone: it has not ended, did nothing, or can’t be taken back.',
      'job',
    );
  const there = granted(await admit(hall, actor, access.id, kind.needs));
  const items = await hall.db.withTenant(access.id, (trx) => itemsIn(trx, { account: access.id, job }, 'done'), {
    snapshot: true,
  });
  requireItems(kind, there, items);
  const done = items.flatMap(({ target, result }) => (target === null ? [] : [{ account: target, result }]));
  return { undo: kind.undo, done, subject: found.subject?.name };
}

/** What undoing a job would come to. @throws Refused NOT_FOUND, FORBIDDEN, NOT_UNDOABLE */
export async function previewUndo(call: Omit<JobCall, 'caller' | 'hub'>, job: RowId): Promise<readonly Foreseen[]> {
  const { undo, done } = await findUndoable(call, job);
  return call.hall.db.withTenant(call.access.id, (trx) => undo.foresee(call.hall, trx, done), { snapshot: true });
}

/**
 * Prepares to undo what a job did, as a part of a change of its account that is still to come.
 *
 * @throws Refused NOT_FOUND, FORBIDDEN, NOT_UNDOABLE
 */
export async function prepareUndo(
  call: Omit<JobCall, 'hub'>,
  job: RowId,
): Promise<(change: Change) => Promise<RowId | null>> {
  const { hall, caller, access } = call;
  const { undo, done, subject } = await findUndoable(call, job);
  const { actor, user, key, requestId } = caller;
  const order = { by: { actor, user, key, requestId }, account: access.id, done, ...(subject && { subject }) };
  return (change) => undo.ask(hall, change, order);
}

/**
 * Undoes what a job did, as another job: each account by itself, where it was not changed since (rules/jobs 13).
 *
 * @throws Refused NOT_FOUND, FORBIDDEN, NOT_UNDOABLE
 */
export async function undoJob(call: Omit<JobCall, 'hub'>, job: RowId): Promise<RowId> {
  const { hall, caller, access } = call;
  const undo = await prepareUndo(call, job);
  const id = await hall.change(caller, { root: access.root, acting: access.id }, undo);
  return id ?? refuseWith('NOT_UNDOABLE', 'There is nothing to undo.', 'job');
}
