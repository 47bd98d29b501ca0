import type { AccountId } from '@tenantree/domain';
import type { Caller, Hall } from '../hall/hall.ts';

/** Notes in the account's audit log that somebody came in or went out (rules/audit 2). */
export async function noteVisit(
  hall: Hall,
  caller: Caller,
  account: { readonly id: AccountId; readonly name: string },
  action: 'account.entered' | 'account.left',
): Promise<void> {
  const target = { id: account.id, name: account.name };
  await hall.trace(caller, { action, details: { account: account.name }, account: account.id, target });
}
