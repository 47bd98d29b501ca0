import { type AccountState, type Erasable, eraseAccount, findErasable, readAccountState } from '@tenantree/db';
import { DAY_MS, type Decision, daysUntilErasure, decideStatus, instantOf, type StatusChange } from '@tenantree/domain';
import { SYSTEM } from '../hall/change.ts';
import type { Hall } from '../hall/hall.ts';

const MOST_AT_ONCE = 100;

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

const eraseOne = (hall: Hall, { id, rootId: root, name }: Erasable): Promise<boolean> =>
  hall.change(SYSTEM, { root, acting: root }, async ({ trx, version, ...change }) => {
    const state = await readAccountState(trx, id);
    if (!state || !decideErasure(hall, state).ok) return false;
    await eraseAccount(trx, id, version);
    // In the log of the main account, which is the one that is left.
    change.happened('account.erased', root, { account: name }, { id, name });
    change.left(state.path);
    change.shows([id]);
    change.rights({ subtree: id });
    return true;
  });

const decideErasure = (hall: Hall, state: AccountState): Decision<StatusChange> =>
  decideStatus(
    { ...state, liveChildren: state.children, parent: null, siblingOfThatName: null },
    { event: 'erase', keptDays: daysUntilErasure(hall.settings) },
    hall.clock.nowMs(),
  );
