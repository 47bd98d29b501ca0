import { nameKey } from '@tenantree/domain';
import type { Order, SortKey } from '../data/account-source.ts';
import type { Account, AccountLine, Branch } from './lines.ts';

/** The sort keys whose values change by themselves while people look at them. */
const LIVE_KEYS: ReadonlySet<SortKey> = new Set<SortKey>(['minutes', 'members', 'agents']);

/** Whether an order can go out of date by itself. */
export const isLiveOrder = (order: Order): boolean => LIVE_KEYS.has(order.sort);

const keyOfName = (account: Account): string => {
  account.nameKey ??= nameKey(account.row.name);
  return account.nameKey;
};

const numberBy: Record<'minutes' | 'members' | 'agents', (account: Account) => number> = {
  minutes: (account) => (account.minutes === null ? 0 : Number(account.minutes.total)),
  members: (account) => account.row.members.total,
  agents: (account) => account.row.agents.total,
};

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareKeys(sort: SortKey, a: Account, b: Account): number {
  if (sort === 'name') return compareText(keyOfName(a), keyOfName(b));
  if (sort === 'created') return 0;
  return numberBy[sort](a) - numberBy[sort](b);
}

/** Compares accounts as the server orders siblings: by key, then by id, both in the direction asked for. */
export const comparing =
  (order: Order) =>
  (a: Account, b: Account): number => {
    const ascending = compareKeys(order.sort, a, b) || compareText(a.id, b.id);
    return order.direction === 'asc' ? ascending : -ascending;
  };

/** Whether two neighbours stand in the wrong order by now. Equal values never do. */
function isLate(before: AccountLine, line: AccountLine, order: Order): boolean {
  const ascending = compareKeys(order.sort, before.account, line.account);
  return order.direction === 'asc' ? ascending > 0 : ascending < 0;
}

/** Checks one line against the sibling in front of it, and keeps count of its branch's inversions. */
export function checkPlace(line: AccountLine): void {
  const before = line.home.lines[line.place - 1];
  const late = before !== undefined && isLate(before, line, line.home.order);
  if (late === line.late) return;
  line.late = late;
  line.home.inversions += late ? 1 : -1;
}

/** Numbers the lines of a branch and counts its inversions anew, after lines came, went or were sorted. */
export function renumber(branch: Branch): void {
  const live = isLiveOrder(branch.order);
  let inversions = 0;
  branch.lines.forEach((line, place) => {
    line.place = place;
    const previous = branch.lines[place - 1];
    line.late = live && previous !== undefined && isLate(previous, line, branch.order);
    if (line.late) inversions += 1;
  });
  branch.inversions = inversions;
}
