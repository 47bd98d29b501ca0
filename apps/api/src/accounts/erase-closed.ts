import {
  type AccountState,
  appendAudit,
  beginTreeChange,
  endTreeChange,
  eraseAccount,
  findErasable,
  readAccountState,
} from '@tenantree/db';
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
import { type Hall, nowOf } from '../hall/hall.ts';
import { defineJob, type ItemOutcome, type JobItem } from '../jobs/define-job.ts';
import { enqueue, SYSTEM } from '../jobs/enqueue.ts';

const MOST_AT_ONCE = 1_000;

/** The account is gone, reopened or protected since it was found: nothing of the change is kept. */
class NotErasable extends Error {
  override readonly name = 'NotErasable';
}

/**
 * Erases closed accounts whose retention and late window are over, deepest first (product.md 2.3). Each is looked at again when its turn has
 * come.
 */
export const eraseClosedJob = defineJob({
  name: 'accounts.erase',
  label: 'Erase closed accounts',
  procedure: 'accounts.close',
  payload: z.strictObject({ account: z.custom<AccountId>((value) => typeof value === 'string' && isId(value)) }),
  retry: USUAL_RETRY,
  run: eraseClosed,
});

/**
 * Lets closed accounts be erased that may be by now: a job for each tree that has some, unless one is under way there. The rest of many
 * is found the next time.
 */
export async function orderErasing(hall: Pick<Hall, 'db' | 'clock' | 'newId' | 'settings'>): Promise<void> {
  const closedBefore = instantOf(hall.clock.nowMs() - daysUntilErasure(hall.settings) * DAY_MS);
  const found = await findErasable(hall.db, closedBefore, MOST_AT_ONCE);
  for (const [root, accounts] of Map.groupBy(found, ({ rootId }) => rootId)) {
    const items = accounts.map(({ id }) => ({ payload: { account: id }, target: id }));
    await hall.db.withTenant(root, (trx) =>
      enqueue(hall, trx, eraseClosedJob, { by: SYSTEM, account: root, items, key: 'closed' }),
    );
  }
}

async function eraseClosed({ hall, job, by, payload, done }: JobItem<{ account: AccountId }>): Promise<ItemOutcome> {
  const { account: id } = payload;
  // The whole tree's: its root is the account of the job.
  const root = job.account;
  let version: number;
  try {
    version = await hall.db.withTenant(root, async (trx) => {
      const version = await beginTreeChange(trx, root);
      const state = await readAccountState(trx, id);
      if (!state || !decideErasure(hall, state).ok) throw new NotErasable();
      // Written before, both: of a main account nothing is left to write it as.
      await done(trx, { name: state.name });
      await appendAudit(trx, {
        action: 'account.erased',
        details: { account: state.name },
        id: hall.newId(),
        account: root,
        at: nowOf(hall),
        actor: by.actor,
        target: { id, name: state.name },
        requestId: by.requestId,
      });
      await eraseAccount(trx, id, version);
      await endTreeChange(trx, root, version, { accounts: [id] });
      return version;
    });
  } catch (error) {
    if (error instanceof NotErasable) return { skipped: 'It is gone, reopened or protected meanwhile.' };
    throw error;
  }
  hall.announce.accounts({ root, version, ids: [id] });
  hall.announce.access({ subtree: id });
  return 'done';
}

const decideErasure = (hall: Hall, state: AccountState): Decision<StatusChange> =>
  decideStatus(
    { ...state, liveChildren: state.children, parent: null, siblingOfThatName: null },
    { event: 'erase', keptDays: daysUntilErasure(hall.settings) },
    hall.clock.nowMs(),
  );
