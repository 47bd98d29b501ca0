import type { AccountRow } from '@tenantree/domain';
import type { AccountDetail } from '../data/account-source.ts';
import { PRODUCT_ROWS } from '../products/product-rows.ts';
import type { Texts } from '../strings/texts.ts';

/**
 * What a host leaves of the screens. It only hides: what a session may do is decided by the server (rules/widget 5), and what its token was not
 * made for is not offered either.
 */
export const FEATURES = ['create', 'switch', 'open', 'rename', 'move', 'suspend', 'protect', 'close'] as const;
export type Feature = (typeof FEATURES)[number];
/** What can be allowed: features, and parts of an account that are set from the table, too. */
export type Allowed = Feature | 'permissions' | 'limits' | 'import';

/** What can be done with the subaccounts of an account, by the host's wish and the actor's levels. */
export function allowedFeatures(
  wanted: readonly Feature[],
  access: 'full' | 'readOnly',
  detail: AccountDetail | null,
): ReadonlySet<Allowed> {
  const manages = access === 'full' && detail?.levels['account.subaccounts'] === 'full' && detail.status !== 'closed';
  const always: readonly Feature[] = ['switch', 'open'];
  const granted = (feature: Allowed): boolean =>
    feature === 'open' || (detail?.features?.some((one) => one === feature) ?? true);
  const parts: readonly Allowed[] = ['permissions', 'limits'];
  const allowed = new Set(
    [...wanted, ...parts].filter((feature) => granted(feature) && (manages || always.some((one) => one === feature))),
  );
  // Who may have products of the account in full brings them into those below it (rules/products 12).
  if (access === 'full' && granted('import') && PRODUCT_ROWS.some((row) => detail?.levels[row] === 'full'))
    allowed.add('import');
  return allowed;
}

/** Why nothing can be created below an account; names its level to those who may know it. */
export const sayDeepest = ({ say }: Texts, { name, depth }: Pick<AccountRow, 'name' | 'depth'>): string =>
  depth === null ? say('createDeepest', { name }) : say('createDeepestAt', { name, n: depth });
