import { type AccountId, AT_LIMIT, isId, LIMIT_KINDS, type LimitKindKey, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import { defineJob, type ItemOutcome } from '../jobs/define-job.ts';
import { setLimits } from './set-limits.ts';

/** Sets the same limits for accounts below one, each by itself: what can't be set of one is its result, and holds up no other. */
export const setManyLimitsJob = defineJob({
  name: 'limits.setMany',
  label: 'Set limits',
  procedure: 'limits.setMany',
  payload: z.strictObject({
    account: z.custom<AccountId>((value) => typeof value === 'string' && isId(value)),
    root: z.custom<AccountId>((value) => typeof value === 'string' && isId(value)),
    limits: z.array(
      z.strictObject({
        kind: z.enum(LIMIT_KINDS.map(({ key }) => key) as [LimitKindKey, ...LimitKindKey[]]),
        max: z.number().nullable().optional(),
        reserve: z.number().optional(),
        nextReserve: z.number().optional(),
        atLimit: z.enum(AT_LIMIT).optional(),
        thresholds: z.array(z.number()).optional(),
        version: z.number().optional(),
      }),
    ),
  }),
  retry: USUAL_RETRY,
  run: ({ hall, job, by, payload: { account, root, limits }, done }) =>
    hall.change(by, { root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const undo = await setLimits(scope, account, limits);
      await done(scope.trx, { limits: limits.map(({ kind }) => kind), undo });
      return 'done';
    }),
});
