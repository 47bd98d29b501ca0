import { recallList, remember } from '../parts/remember.ts';

/** Most open accounts that are remembered below one account, and most accounts below which they are: 20 × 100 ids are 80 kB. */
const [MOST_OPEN, MOST_ACCOUNTS] = [100, 20];
const keyOf = (user: string): string => `tenantree.open.${user}`;

/** The accounts that were open below an account. */
type Expansion = readonly [account: string, open: readonly string[]];

const isText = (value: unknown): value is string => typeof value === 'string';

const readOne = (item: unknown): Expansion | null => {
  if (!Array.isArray(item)) return null;
  const [account, open]: unknown[] = item;
  return isText(account) && Array.isArray(open) ? [account, open.filter(isText)] : null;
};

/** What a person had open below an account on this device, parents before children. */
export const readExpansion = (user: string, account: string): readonly string[] =>
  recallList(keyOf(user), readOne).find(([id]) => id === account)?.[1] ?? [];

/**
 * Remembers what is open below an account, parents before children (rules/screens 10). In the address it would fold the tree up again
 * with every step back, and make it longer than anybody can read.
 */
export function noteExpansion(user: string, account: string, open: readonly string[]): void {
  const others = recallList(keyOf(user), readOne).filter(([id]) => id !== account);
  const all = open.length > 0 ? [[account, open.slice(0, MOST_OPEN)], ...others] : others;
  remember(keyOf(user), JSON.stringify(all.slice(0, MOST_ACCOUNTS)));
}
