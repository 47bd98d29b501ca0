import { AT_LIMIT, accountNotFound, LIMIT_KINDS, type LimitKindKey, USUAL_RETRY } from '@tenantree/domain';
import { z } from 'zod';
import { defineJob, type ItemOutcome, type JobItem, unlessChanged } from '../jobs/define-job.ts';
import { accountId } from '../jobs/payloads.ts';
import { changedSince, undoBy } from '../jobs/undo-by.ts';
import { foreseeLimits, setLimits } from './set-limits.ts';

const kind = z.enum(LIMIT_KINDS.map(({ key }) => key) as [LimitKindKey, ...LimitKindKey[]]);
const terms = {
  max: z.number().nullable(),
  reserve: z.number(),
  nextReserve: z.number().optional(),
  atLimit: z.enum(AT_LIMIT),
  thresholds: z.array(z.number()).readonly(),
};
const payload = z.object({
  account: accountId,
  limits: z.array(z.strictObject({ kind, ...z.object(terms).partial().shape, version: z.number().optional() })),
});
type Payload = z.infer<typeof payload>;

/** Sets the limits of one account. Where one of them is at another version than was seen, all of them stay. */
const setOne = ({ hall, job, by, payload: { account, limits }, done }: JobItem<Payload>): Promise<ItemOutcome> =>
  unlessChanged(() =>
    hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const { name } = await scope.account(account);
      await done(scope.trx, { name, limits: await setLimits(scope, account, limits) });
      return 'done';
    }),
  );

/** Sets limits back that `limits.setMany` set, where nobody set them since. */
export const undoSetManyLimitsJob = defineJob({
  name: 'limits.undoSetMany',
  label: 'Undo: Set limits',
  procedure: 'limits.setMany',
  payload,
  retry: USUAL_RETRY,
  run: setOne,
});

/** As setOne tells it of each limit. */
const setBefore = z.object({
  limits: z.array(z.object({ kind, before: z.object(terms), version: z.number() })),
});

const undoSetting = undoBy({
  job: undoSetManyLimitsJob,
  payloadOf: (account, result): Payload | null => {
    const read = setBefore.safeParse(result);
    if (!read.success) return null;
    return {
      account,
      limits: read.data.limits.map((one) => ({ kind: one.kind, ...one.before, version: one.version })),
    };
  },
  foresee: async (hall, trx, payloads) => {
    const left = [];
    for (const { account, limits } of payloads) {
      const [one] = await foreseeLimits(hall, trx, [account], limits, 'no usage');
      const faults = one?.limits.flatMap((limit) => ('code' in limit ? [limit] : []));
      const fault = faults ? faults[0] : accountNotFound(account).refusal;
      left.push(
        fault?.code === 'VERSION_CONFLICT' ? changedSince : fault ? { code: fault.code, message: fault.message } : null,
      );
    }
    return left;
  },
});

/** Sets the same limits for accounts below one, each by itself: what can't be set of one is its result, and holds up no other. */
export const setManyLimitsJob = defineJob({
  name: 'limits.setMany',
  label: 'Set limits',
  procedure: 'limits.setMany',
  payload,
  retry: USUAL_RETRY,
  undo: undoSetting,
  run: setOne,
});
