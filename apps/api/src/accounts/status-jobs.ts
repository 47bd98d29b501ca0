import type { JobConflict } from '@tenantree/contract';
import { type AccountState, readAccountState, type TenantTransaction } from '@tenantree/db';
import { accountNotFound, type Instant, SUSPENSION_KINDS, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import { setStatus } from '../hall/set-status.ts';
import { CHANGED_SINCE, defineJob, type ItemOutcome, lastDone } from '../jobs/define-job.ts';
import { accountId } from '../jobs/payloads.ts';
import { changedSince, undoBy } from '../jobs/undo-by.ts';

/** A suspension is known by the moment at which it was made. */
const suspendedAt = z.string().transform((text) => text as Instant);
const suspended = z.object({ suspendedAt });

/** Both sides of a suspension that somebody else ended or made anew. */
async function sidesOf(trx: TenantTransaction, { id, rootId, suspension }: AccountState): Promise<JobConflict[]> {
  const at = { root: rootId, account: id };
  const set = await lastDone(trx, at, ['account.suspended', 'account.reactivated', 'account.closed']);
  return [{ about: 'suspension', meant: null, present: suspension?.kind ?? null, ...set }];
}

/** Ends suspensions that `accounts.suspendMany` made, where they are still the same. */
export const undoSuspendManyJob = defineJob({
  name: 'accounts.undoSuspendMany',
  label: 'Undo: Suspend accounts',
  procedure: 'accounts.suspendMany',
  payload: z.strictObject({ account: accountId, suspendedAt }),
  retry: USUAL_RETRY,
  run: ({ hall, job, by, payload, done }) =>
    hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const state = await scope.account(payload.account);
      if (!state.suspension || state.suspendedAt !== payload.suspendedAt)
        return { skipped: CHANGED_SINCE, conflict: await sidesOf(scope.trx, state) };
      await setStatus(scope, state, { event: 'reactivate' });
      await done(scope.trx, { name: state.name });
      return 'done';
    }),
});

const undoSuspending = undoBy({
  job: undoSuspendManyJob,
  payloadOf: (account, result) => {
    const read = suspended.safeParse(result);
    return read.success ? { account, suspendedAt: read.data.suspendedAt } : null;
  },
  foresee: async (_hall, trx, payloads) => {
    const left = [];
    for (const { account, suspendedAt: then } of payloads) {
      const state = await readAccountState(trx, account);
      if (!state) left.push({ left: accountNotFound(account).refusal });
      else if (state.suspension && state.suspendedAt === then) left.push({ left: null });
      else left.push(changedSince(await sidesOf(trx, state)));
    }
    return left;
  },
});

/** Suspends accounts below one, each by itself. One that has a suspension keeps it, so that taking all of it back leaves everything as it was. */
export const suspendManyJob = defineJob({
  name: 'accounts.suspendMany',
  label: 'Suspend accounts',
  procedure: 'accounts.suspendMany',
  payload: z.object({
    account: accountId,
    kind: z.enum(SUSPENSION_KINDS),
    reason: z.string().nullable(),
  }),
  retry: USUAL_RETRY,
  undo: undoSuspending,
  run: ({ hall, job, by, payload: { account, kind, reason }, done }) =>
    hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const state = await scope.account(account);
      if (state.suspension) return { skipped: 'It has a suspension of its own already.' };
      await setStatus(scope, state, { event: 'suspend', suspension: { kind, from: null, until: null, reason } });
      await done(scope.trx, { name: state.name, suspendedAt: scope.now });
      return 'done';
    }),
});

/** Ends the own suspensions of accounts below one, each by itself. */
export const reactivateManyJob = defineJob({
  name: 'accounts.reactivateMany',
  label: 'Reactivate accounts',
  procedure: 'accounts.reactivateMany',
  payload: z.object({ account: accountId }),
  retry: USUAL_RETRY,
  run: ({ hall, job, by, payload: { account }, done }) =>
    hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const state = await scope.account(account);
      if (!state.suspension) return { skipped: 'It has no suspension of its own.' };
      await setStatus(scope, state, { event: 'reactivate' });
      await done(scope.trx, { name: state.name });
      return 'done';
    }),
});
