import { type AccountId, isId, SUSPENSION_KINDS, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import { defineJob, type ItemOutcome } from '../jobs/define-job.ts';
import { setStatus } from './change-status.ts';

const id = z.custom<AccountId>((value) => typeof value === 'string' && isId(value));

/** Suspends accounts below one, each by itself. One that has a suspension keeps it, so that taking all of it back leaves everything as it was. */
export const suspendManyJob = defineJob({
  name: 'accounts.suspendMany',
  label: 'Suspend accounts',
  procedure: 'accounts.suspendMany',
  payload: z.strictObject({
    account: id,
    root: id,
    kind: z.enum(SUSPENSION_KINDS),
    reason: z.string().nullable(),
  }),
  retry: USUAL_RETRY,
  run: ({ hall, job, by, payload: { account, root, kind, reason }, done }) =>
    hall.change(by, { root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const state = await scope.account(account);
      if (state.suspension) return { skipped: 'It has a suspension of its own already.' };
      await setStatus(scope, state, { event: 'suspend', suspension: { kind, from: null, until: null, reason } });
      await done(scope.trx, { name: state.name });
      return 'done';
    }),
});

/** Ends the own suspensions of accounts below one, each by itself. */
export const reactivateManyJob = defineJob({
  name: 'accounts.reactivateMany',
  label: 'Reactivate accounts',
  procedure: 'accounts.reactivateMany',
  payload: z.strictObject({ account: id, root: id }),
  retry: USUAL_RETRY,
  run: ({ hall, job, by, payload: { account, root }, done }) =>
    hall.change(by, { root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const state = await scope.account(account);
      if (!state.suspension) return { skipped: 'It has no suspension of its own.' };
      await setStatus(scope, state, { event: 'reactivate' });
      await done(scope.trx, { name: state.name });
      return 'done';
    }),
});
