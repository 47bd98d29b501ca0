import type { AccountId } from '@tenantree/domain';
import { type Caller, type Hall, nowOf } from '../hall/hall.ts';
import { note } from '../hall/note.ts';

/** Notes in the account's audit log that somebody came in or went out (product.md 2.6). */
export async function noteVisit(
  hall: Hall,
  caller: Caller,
  account: { readonly id: AccountId; readonly name: string },
  action: 'account.entered' | 'account.left',
): Promise<void> {
  const entry = { action, details: { account: account.name } };
  await hall.db.withTenant(account.id, (trx) => note(hall, caller, trx, nowOf(hall), account.id, entry, account));
}
