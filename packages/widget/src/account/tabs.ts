import type { PermissionKey } from '@tenantree/domain';
import { PRODUCT_ROWS } from '../products/product-rows.ts';

/**
 * What is shown of an account, in this order, each with the permissions any of which shows it. A tab is a line here, its element as a case of
 * `#shown` in sam-account.ts, and its name `tab_KEY` in account-texts.ts.
 */
export const TABS = {
  overview: null,
  members: ['account.members'],
  permissions: ['account'],
  limits: ['account'],
  billing: ['billing'],
  import: PRODUCT_ROWS,
  activity: ['account.settings'],
  products: PRODUCT_ROWS,
} as const satisfies Readonly<Record<string, readonly PermissionKey[] | null>>;

export type AccountTab = keyof typeof TABS;

export const isAccountTab = (text: string): text is AccountTab => Object.hasOwn(TABS, text);
