import {
  type AccountState,
  appendAudit,
  beginTreeChange,
  type Erasable,
  endTreeChange,
  eraseAccount,
  findErasable,
  readAccountState,
} from '@tenantree/db';
import { DAY_MS, type Decision, daysUntilErasure, decideStatus, instantOf, type StatusChange } from '@tenantree/domain';
import { type Hall, nowOf } from '../hall/hall.ts';

const MOST_AT_ONCE = 100;

/** The account is gone, reopened or protected since it was found: nothing of the change is kept. */
class NotErasable extends Error {
  override readonly name = 'NotErasable';
}

/**
 * Erases closed accounts whose retention and late window are over, deepest first (product.md 2.3). Several servers may do it at once: each
 * account is looked at again when the turn of its tree has come, so that one of them erases it and the others find nothing.
 *
 * @returns how many were erased here
 */
export async function eraseClosed(hall: Hall): Promise<number> {
  const closedBefore = instantOf(hall.clock.nowMs() - daysUntilErasure(hall.settings) * DAY_MS);
  let erased = 0;
  for (const account of await findErasable(hall.db, closedBefore, MOST_AT_ONCE)) {
    if (await eraseOne(hall, account)) erased += 1;
  }
  return erased;
}

async function eraseOne(hall: Hall, { id, rootId: root, name }: Erasable): Promise<boolean> {
  let version: number;
  try {
    version = await hall.db.withTenant(root, async (trx) => {
      const version = await beginTreeChange(trx, root);
      const state = await readAccountState(trx, id);
      if (!state || !decideErasure(hall, state).ok) throw new NotErasable();
      // Written before: of a main account nothing is left to write it as.
      await appendAudit(trx, [
        {
          action: 'account.erased',
          details: { account: name },
          id: hall.newId(),
          account: root,
          at: nowOf(hall),
          actor: { kind: 'system', id: null, name: 'Tenantree', via: null },
          target: { id, name },
          requestId: null,
        },
      ]);
      await eraseAccount(trx, id, version);
      await endTreeChange(trx, root, version, { accounts: [id] });
      return version;
    });
  } catch (error) {
    if (error instanceof NotErasable) return false;
    throw error;
  }
  hall.announce.accounts({ root, version, ids: [id] });
  hall.announce.access({ subtree: id });
  return true;
}

const decideErasure = (hall: Hall, state: AccountState): Decision<StatusChange> =>
  decideStatus(
    { ...state, liveChildren: state.children, parent: null, siblingOfThatName: null },
    { event: 'erase', keptDays: daysUntilErasure(hall.settings) },
    hall.clock.nowMs(),
  );
