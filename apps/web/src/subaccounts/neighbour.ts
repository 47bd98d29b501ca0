import type { AccountId, AccountRow } from '@tenantree/domain';
import type { SamSubaccounts } from '@tenantree/widget';

/** The account in the row after one, or before it; null at the ends and where it isn't in sight. */
export function neighbourOf(list: SamSubaccounts | null, account: AccountId, step: 1 | -1): AccountRow | null {
  const view = list?.session?.store?.view;
  const line = view?.lines.get(account);
  if (!view || !line) return null;
  const at = view.visible.indexOf(line);
  if (at < 0) return null;
  for (let k = at + step; k >= 0; k += step) {
    const next = view.visible.at(k);
    if (next === undefined) return null;
    if (next.kind === 'account') return next.account.row;
  }
  return null;
}
