import {
  noteFollowed,
  readLimits,
  readPlan,
  readPromisedBelow,
  readSubscriptions,
  type TenantTransaction,
} from '@tenantree/db';
import {
  type AccountId,
  decideLimit,
  type LimitState,
  limitKind,
  type PlanVersion,
  storedNanos,
  underPlan,
} from '@tenantree/domain';
import type { Change } from '../change.ts';
import { planOf } from '../plans.ts';
import { granted } from '../refused.ts';
import { namedPath, writeDecided } from './write-decided.ts';

const CALLS = limitKind('calls');

/**
 * Lets the limit of calls of a main account follow the plan that it has by now, inside a change of its tree: nothing changes where somebody has
 * done it already.
 */
export async function followPlan(scope: Change, id: AccountId): Promise<void> {
  const { trx, now } = scope;
  const held = (await readSubscriptions(trx, id)).find(({ from, to }) => from <= now && (to === null || to > now));
  await noteFollowed(trx, id, now);
  const most = held ? await callsIn(trx, held.plan) : null;
  if (underPlan((await callsAlong(scope, id))[0]!, most) === null) return;
  await takeBackPromises(scope, id, most);
  const [before] = await callsAlong(scope, id);
  const account = await scope.account(id);
  await writeDecided(scope, account, CALLS, { before: before!, chain: [underPlan(before!, most)!] });
  scope.shows(account.path);
}

/** What a plan allows of calls at one time, as it is stored; null: any number. */
export async function callsIn(trx: TenantTransaction, plan: PlanVersion): Promise<bigint | null> {
  const { concurrent } = planOf(await readPlan(trx, plan));
  return concurrent === null ? null : storedNanos(CALLS, concurrent);
}

/**
 * Takes back what accounts below an account are promised of calls at one time, if it is more than a plan of that account will allow: whoever is
 * promised something would get it even so.
 *
 * @param log of which account it is said; left out: of each itself
 */
export async function takeBackPromises(
  scope: Change,
  id: AccountId,
  most: bigint | null,
  log?: AccountId,
): Promise<void> {
  const [own] = await callsAlong(scope, id);
  if (most === null || !own || own.promised <= most) return;
  for (const promised of await readPromisedBelow(scope.trx, id, CALLS)) {
    const plan = granted(decideLimit(CALLS, await callsAlong(scope, promised), { reserve: 0n }));
    await writeDecided(scope, await scope.account(promised), CALLS, plan, log ?? promised);
  }
}

async function callsAlong({ trx, now, account }: Change, id: AccountId): Promise<readonly LimitState[]> {
  return (await readLimits(trx, namedPath((await account(id)).path), now)).get('calls') ?? [];
}
