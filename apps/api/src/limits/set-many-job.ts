import type { JobConflict } from '@tenantree/contract';
import { readAccountStates, readLimits, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  AT_LIMIT,
  accountNotFound,
  LIMIT_KINDS,
  type LimitKindKey,
  limitKind,
  type Present,
  type Refusal,
  USUAL_RETRY,
} from '@tenantree/domain';
import { z } from 'zod';
import { nowOf } from '../hall/hall.ts';
import { namedPath } from '../hall/limits/write-decided.ts';
import { defineJob, type ItemOutcome, type JobItem, type Left, lastDone, unlessChanged } from '../jobs/define-job.ts';
import { accountId } from '../jobs/payloads.ts';
import { changedSince, undoBy } from '../jobs/undo-by.ts';
import { faultOfLimits, setLimits } from './set-limits.ts';

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
type Wished = Partial<Payload['limits'][number]>;
/** A limit that is at another version than was named, as it is now. */
type OldLimit = Extract<Present, { readonly limits: unknown }>['limits'][number];

/** Sets the limits of one account. Where one of them is at another version than was seen, all of them stay. */
const setOne = ({ hall, job, by, payload: { account, limits }, done }: JobItem<Payload>): Promise<ItemOutcome> =>
  unlessChanged(
    () =>
      hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
        const { name } = await scope.account(account);
        await done(scope.trx, { name, limits: await setLimits(scope, account, limits) });
        return 'done';
      }),
    (refusal) =>
      hall.db.withTenant(job.account, (trx) => sidesIn(trx, { root: job.root, account }, refusal, limits), {
        snapshot: true,
      }),
  );

/** Both sides of all limits that a refusal says are others than was seen. */
const sidesIn = (
  trx: TenantTransaction,
  at: { readonly root: AccountId; readonly account: AccountId },
  { present }: Refusal,
  wished: Payload['limits'],
): Promise<JobConflict[]> => {
  const old = present && 'limits' in present ? present.limits : [];
  return Promise.all(old.map((one) => sidesOf(trx, at, one, wished)));
};

/** Both sides of a limit that somebody else set. */
async function sidesOf(
  trx: TenantTransaction,
  at: { readonly root: AccountId; readonly account: AccountId },
  old: OldLimit,
  wished: Payload['limits'],
): Promise<JobConflict> {
  const { version: _, kind, ...present } = old;
  const { max, reserve, nextReserve, atLimit, thresholds }: Wished = wished.find((one) => one.kind === kind) ?? {};
  const meant = {
    ...(max !== undefined && { max }),
    ...(reserve !== undefined && { reserve }),
    ...(nextReserve !== undefined && { nextReserve }),
    ...(atLimit !== undefined && { atLimit }),
    ...(thresholds !== undefined && { thresholds }),
  };
  const { stored } = limitKind(kind);
  const set = await lastDone(trx, at, ['limit.set'], (details) => details['kind'] === stored);
  return { about: 'limit', kind, meant, present, ...set };
}

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
    const left: Left[] = [];
    const accounts = payloads.map(({ account }) => account);
    const states = new Map((await readAccountStates(trx, accounts)).map((state) => [state.id, state]));
    for (const { account, limits } of payloads) {
      const state = states.get(account);
      const fault = state
        ? faultOfLimits(await readLimits(trx, namedPath(state.path), nowOf(hall)), state, limits)
        : accountNotFound(account).refusal;
      const at = { root: state?.rootId ?? account, account };
      if (fault?.code === 'VERSION_CONFLICT') left.push(changedSince(await sidesIn(trx, at, fault, limits)));
      else left.push({ left: fault && { code: fault.code, message: fault.message } });
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
