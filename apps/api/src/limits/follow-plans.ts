import { findPlansToFollow } from '@tenantree/db';
import { SYSTEM } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { followPlan } from '../hall/limits/follow-plan.ts';

const AT_ONCE = 500;

/** Lets the limits of main accounts follow plans that were chosen for a time that has come (rules/limits 21). Several servers may ask at once. */
export async function followPlansDue(hall: Hall, onError: (error: unknown, where: object) => void): Promise<void> {
  const due = await findPlansToFollow(hall.db, nowOf(hall), AT_ONCE);
  for (const account of due) {
    // What fails of one holds up no other, and is tried again a minute later.
    await hall
      .change(SYSTEM, { root: account, acting: account }, (scope) => followPlan(scope, account))
      .catch((error: unknown) => onError(error, { account }));
  }
}
