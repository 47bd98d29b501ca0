import { type AccountState, eraseAccount, findErasable, readAccountState } from '@tenantree/db';
import {
  type AccountId,
  DAY_MS,
  type Decision,
  daysUntilErasure,
  decideStatus,
  instantOf,
  isId,
  type StatusChange,
  USUAL_RETRY,
} from '@tenantree/domain';
import { z } from 'zod';
import type { Hall } from '../hall/hall.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { enqueue, THE_SYSTEM } from '../jobs/enqueue.ts';

const MOST_AT_ONCE = 1_000;

/**
 * Erases closed accounts whose retention and late window are over, deepest first (rules/accounts 18). Each is looked at again when its turn has
 * come.
 */
export const eraseClosedJob = defineJob({
  name: 'accounts.erase',
  label: 'Erase closed accounts',
  procedure: 'accounts.close',
  payload: z.strictObject({ account: z.custom<AccountId>((value) => typeof value === 'string' && isId(value)) }),
  retry: USUAL_RETRY,
  run: (item) => eraseClosed(item),
});

/**
 * Lets closed accounts be erased that may be by now: a job for each tree that has some, unless one is under way there. The rest of many
 * is found the next time.
 */
export async function orderErasing(hall: Pick<Hall, 'db' | 'clock' | 'newId' | 'settings' | 'change'>): Promise<void> {
  const nowMs = hall.clock.nowMs();
  const { closingGraceMs, usageMaxAgeDays } = hall.settings;
  const before = {
    closed: instantOf(nowMs - daysUntilErasure(hall.settings) * DAY_MS),
    settled: instantOf(nowMs - closingGraceMs - usageMaxAgeDays * DAY_MS),
  };
  const found = await findErasable(hall.db, before, MOST_AT_ONCE);
  for (const [root, accounts] of Map.groupBy(found, ({ rootId }) => rootId)) {
    const items = accounts.map(({ id }) => ({ payload: { account: id }, target: id }));
    await hall.change(THE_SYSTEM, { root, acting: root }, (change) =>
      enqueue(hall, change, eraseClosedJob, { by: THE_SYSTEM, account: root, items, key: 'closed' }),
    );
  }
}

const eraseClosed = ({ hall, job, by, payload, done }: JobItem<{ account: AccountId }>): Promise<ItemOutcome> => {
  const { account: id } = payload;
  // The whole tree's: its root is the account of the job.
  const root = job.account;
  return hall.change(by, { root, acting: root }, async ({ trx, version, ...change }) => {
    const state = await readAccountState(trx, id);
    if (!state || !decideErasure(hall, state).ok) return { skipped: 'It is gone, reopened or protected meanwhile.' };
    const { name } = state;
    // Before it: a main account takes its job along.
    await done(trx, { name });
    await eraseAccount(trx, id, version);
    // In the log of the main account, which is the one that is left.
    change.happened('account.erased', root, { account: name }, { id, name });
    change.left(state.path);
    change.shows([id]);
    change.rights({ subtree: id });
    return 'done';
  });
};

const decideErasure = (hall: Hall, state: AccountState): Decision<StatusChange> =>
  decideStatus(
    { ...state, liveChildren: state.children, parent: null, siblingOfThatName: null },
    { event: 'erase', keptDays: daysUntilErasure(hall.settings) },
    hall.clock.nowMs(),
  );
