import type { PlacedCaps } from '@tenantree/db';
import { type AccountId, levelsAfter, type RowId, USUAL_RETRY, type WishedLevels } from '@tenantree/domain';
import { z } from 'zod';
import type { Change } from '../hall/change.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { defineJob } from '../jobs/define-job.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { accountId, someLevels } from '../jobs/payloads.ts';
import { countEffect } from './preview-caps.ts';

/** Counts who lost or gained what by caps that were saved without a preview. It belongs to the account above, whose people saved them. */
export const countEffectJob = defineJob({
  name: 'permissions.countEffect',
  label: 'Count who is affected',
  procedure: 'permissions.applyPresetMany',
  payload: z.strictObject({ account: accountId, before: someLevels, after: someLevels }),
  retry: USUAL_RETRY,
  run: async ({ hall, job, payload: { account, before, after }, done }) => {
    const effect = await countEffect(hall, account, { before, after });
    await hall.db.withTenant(job.account, (trx) => done(trx, effect));
    return 'done';
  },
});

/** Asks for the counts of a save, in its change. */
export const countLater = (
  hall: Hall,
  { actor, user, key, requestId }: Caller,
  scope: Change,
  saved: { readonly caps: PlacedCaps; readonly levels: WishedLevels; readonly parent: AccountId },
): Promise<RowId | null> => {
  const { account, levels: before } = saved.caps;
  const payload = { account, before, after: levelsAfter(before, saved.levels) };
  const order = { by: { actor, user, key, requestId }, account: saved.parent, items: [{ payload, target: account }] };
  return enqueue(hall, scope, countEffectJob, order);
};
