import { holdStanding, type StandingHeld, type TenantTransaction } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import type { Caller } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';
import { UNAUTHORIZED } from './error-shape.ts';

/**
 * Keeps whoever makes a credential in an account what they are until the transaction ends: removing the person, or revoking the key that
 * it is made with, waits for it and takes it along.
 *
 * @throws Refused UNAUTHORIZED when that has just happened
 */
export async function holdMaker(
  trx: TenantTransaction,
  { user, key }: Caller,
  account: AccountId,
): Promise<StandingHeld> {
  const held = await holdStanding(trx, account, user, key);
  if (held === null) throw new Refused(UNAUTHORIZED);
  return held;
}
