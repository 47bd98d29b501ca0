import type { JobConflict } from '@tenantree/contract';
import { findOfferedPreset, readCapsToChange, type TenantTransaction } from '@tenantree/db';
import {
  type AccountId,
  accountNotFound,
  type Caps,
  decideLevels,
  PERMISSIONS,
  PRESET_MODES,
  type RowId,
  type SomeLevels,
  USUAL_RETRY,
  type WishedLevels,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Access } from '../guard/admit.ts';
import type { Caller, Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { CHANGED_SINCE, defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { enqueueForEach } from '../jobs/enqueue.ts';
import { accountId, permissionKeys, someLevels, wishedLevels } from '../jobs/payloads.ts';
import { changedSince, undoBy } from '../jobs/undo-by.ts';
import { changeCaps, decideUndecided, type PresetForAccounts, type Saved, takePreset } from './change-caps.ts';

const rowId = z.string().transform((text) => text as RowId);
const before = z.object({
  local: permissionKeys,
  preset: z.object({ id: rowId, version: z.number() }).nullable(),
});

/** Notes what became of the caps of an account, with all that it takes to undo it. */
async function noted(
  { done }: JobItem<unknown>,
  trx: TenantTransaction,
  saved: Saved | undefined,
): Promise<ItemOutcome> {
  if (!saved) return refuseWith('NOT_FOUND', 'There is no such account.', 'account');
  const { account, kept, ...result } = saved.result;
  if (saved.before === null)
    return { skipped: kept.length > 0 ? 'What was set for it alone, or is lower, stays.' : 'It is so already.' };
  await done(trx, { name: account.name, ...result, kept, before: saved.before });
  return 'done';
}

/** What stood before, as `noted` tells it. */
const told = z.object({
  version: z.number(),
  changes: z.array(z.object({ key: permissionKeys.element, before: wishedLevels.valueType })),
  before,
});

/** Both sides of levels that somebody else set. */
const sidesOf = ({ levels, marks }: Caps, meant: WishedLevels): JobConflict[] =>
  PERMISSIONS.filter(({ key }) => key in meant).flatMap(({ key }) => {
    const [wish, present, mark] = [meant[key] ?? null, levels[key] ?? null, marks[key]];
    if (wish === present) return [];
    return { about: 'permission', key, meant: wish, present, by: mark?.by.name ?? null, at: mark?.at ?? null };
  });

const undone = z.object({ account: accountId, version: z.number(), levels: wishedLevels, before });

/** Sets caps back that a preset or a review changed, where nobody changed them since. */
export const undoCapsJob = defineJob({
  name: 'permissions.undoMany',
  label: 'Undo: Permissions',
  procedure: 'permissions.applyPresetMany',
  payload: undone,
  retry: USUAL_RETRY,
  run: ({ hall, job, by, payload: { account, version, levels, before: were }, done }) =>
    hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const [caps] = await readCapsToChange(scope.trx, [account]);
      if (!caps) return refuseWith('NOT_FOUND', 'There is no such account.', 'account');
      if (caps.version !== version) return { skipped: CHANGED_SINCE, conflict: sidesOf(caps, levels) };
      const [saved] = await changeCaps(scope, by, [caps], { kind: 'undo', levels, ...were });
      scope.rights({ subtree: account });
      await done(scope.trx, { name: caps.name, version: saved?.result.version, changes: saved?.result.changes });
      return 'done';
    }),
});

const undoCaps = undoBy({
  job: undoCapsJob,
  payloadOf: (account, result) => {
    const read = told.safeParse(result);
    if (!read.success) return null;
    const { version, changes, before: were } = read.data;
    return { account, version, levels: Object.fromEntries(changes.map((one) => [one.key, one.before])), before: were };
  },
  foresee: async (_hall, trx, payloads) => {
    const found = await readCapsToChange(
      trx,
      payloads.map(({ account }) => account),
    );
    const present = new Map(found.map((caps) => [caps.account, caps]));
    return payloads.map(({ account, version, levels }) => {
      const caps = present.get(account);
      if (!caps) return { left: accountNotFound(account).refusal };
      return caps.version === version ? { left: null } : changedSince(sidesOf(caps, levels));
    });
  },
});

/** Gives accounts below one a preset, each by itself. */
export const applyPresetManyJob = defineJob({
  name: 'permissions.applyPresetMany',
  label: 'Apply preset',
  procedure: 'permissions.applyPresetMany',
  payload: z.object({ account: accountId, preset: rowId, presetVersion: z.number(), mode: z.enum(PRESET_MODES) }),
  retry: USUAL_RETRY,
  undo: undoCaps,
  run: (item) => {
    const { hall, job, by, payload } = item;
    const { account, ...wish } = payload;
    return hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const [saved] = await takePreset(scope, by, { ...wish, accounts: [account] });
      scope.rights({ subtree: account });
      return noted(item, scope.trx, saved);
    });
  },
});

/** Decides for accounts below one what nobody decided yet, each by itself. */
export const reviewManyJob = defineJob({
  name: 'permissions.reviewMany',
  label: 'Review permissions',
  procedure: 'permissions.reviewMany',
  payload: z.object({ account: accountId, levels: someLevels }),
  retry: USUAL_RETRY,
  undo: undoCaps,
  run: (item) => {
    const { hall, job, by, payload } = item;
    return hall.change(by, { root: job.root, acting: job.account }, async (scope): Promise<ItemOutcome> => {
      const [saved] = await decideUndecided(scope, by, { accounts: [payload.account], levels: payload.levels });
      scope.rights({ subtree: payload.account });
      return noted(item, scope.trx, saved);
    });
  },
});

/** Asks for a preset for many accounts: in the version that it has now, if none is named. @throws Refused NOT_FOUND */
export async function applyPresetToMany(hall: Hall, caller: Caller, access: Access, wish: PresetForAccounts) {
  const { accounts, preset, presetVersion = null, mode } = wish;
  const found = await hall.db.withTenant(access.id, (trx) => findOfferedPreset(trx, preset, presetVersion), {
    snapshot: true,
  });
  if (!found) return refuseWith('NOT_FOUND', 'There is no such preset, or no such version of it.', 'preset');
  const order = { preset, presetVersion: found.version, mode };
  const payloadOf = (account: AccountId) => ({ account, ...order });
  const subject = `${found.name} v${found.version}`;
  return enqueueForEach(hall, caller, access, accounts, applyPresetManyJob, payloadOf, subject);
}

/** Asks for the same decision for many accounts. @throws Refused LEVEL_UNKNOWN, NOT_FOUND */
export async function reviewMany(
  hall: Hall,
  caller: Caller,
  access: Access,
  wish: { readonly accounts: readonly string[]; readonly levels: SomeLevels },
) {
  const levels = granted(decideLevels(wish.levels));
  return enqueueForEach(hall, caller, access, wish.accounts, reviewManyJob, (account) => ({ account, levels }));
}
