import { type AccountSort, nameKey, nameOrder } from '@tenantree/domain';
import type { Order } from '../data/account-source.ts';
import type { Account, Branch } from './lines.ts';

/** The sort keys whose values change by themselves while people look at them. */
const LIVE_KEYS: Partial<Record<AccountSort, (account: Account) => number>> = {
  minutes: ({ minutes }) => Number(minutes?.total ?? 0),
  members: ({ row }) => row.members.total,
  agents: ({ row }) => row.agents.total,
};

const keyOfName = (account: Account): string => {
  account.nameKey ??= nameKey(account.row.name);
  return account.nameKey;
};

const compareNames = nameOrder();
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Compares accounts as the server orders siblings: by key, then by id, both in the direction asked for. */
export function comparing({ sort, direction }: Order): (a: Account, b: Account) => number {
  const sign = direction === 'asc' ? 1 : -1;
  const live = LIVE_KEYS[sort];
  const byKey = (a: Account, b: Account): number =>
    live ? live(a) - live(b) : sort === 'name' ? compareNames(keyOfName(a), keyOfName(b)) : 0;
  return (a, b) => sign * (byKey(a, b) || compareText(a.id, b.id));
}

/** Whether neighbours stand in the wrong order by now. Those with equal numbers never do. */
export function isOutdated({ order, lines }: Branch): boolean {
  const live = LIVE_KEYS[order.sort];
  const sign = order.direction === 'asc' ? 1 : -1;
  return lines.some(({ account }, k) => {
    const before = lines[k - 1]?.account;
    return live && before && sign * (live(account) - live(before)) < 0;
  });
}
