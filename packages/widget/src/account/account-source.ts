import type { Tenantree } from '@tenantree/client';
import type { AccountRow } from '@tenantree/domain';
import { type ActivitySource, activityFrom } from '../activity/activity-source.ts';
import { type BillingSource, billingFrom } from '../billing/billing-source.ts';
import type { AccountSource, SourceRefusal } from '../data/account-source.ts';
import { type ImportsSource, importsFrom } from '../imports/imports-source.ts';
import { type LimitsSource, limitsFrom } from '../limits/limits-source.ts';
import { type MembersSource, membersFrom } from '../members/members-source.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import { type PermissionsSource, permissionsFrom } from '../permissions/permissions-source.ts';
import { type ProductsSource, productsFrom } from '../products/products-source.ts';
import { type UsageSource, usageFrom } from '../usage/usage-source.ts';

/** Where the detail of an account gets what it shows: the account itself, and a source for each of its tabs and for what its overview shows. */
export type AccountDetailSource = {
  readonly accounts: Pick<AccountSource, 'get' | 'subscribeUsage' | 'subscribeAccounts' | 'state'>;
  readonly members: MembersSource;
  readonly permissions: PermissionsSource;
  readonly limits: LimitsSource;
  readonly products: ProductsSource;
  readonly imports: ImportsSource;
  readonly billing: BillingSource;
  readonly activity: ActivitySource;
  readonly usage: UsageSource;
};

/** What can be done with an account, by whoever has the dialogs and messages for it: the list of subaccounts. */
export type AccountActing = {
  menuOf(account: AccountRow): Promise<readonly MenuItem[]>;
  perform(id: string, account: AccountRow): Promise<void>;
  /** @returns why the name was refused */
  renameAccount(account: AccountRow, name: string): Promise<SourceRefusal | null>;
};

/** The detail of accounts from a Tenantree server, beside the source that its list has. */
export function accountDetailFrom(
  tenantree: Pick<Tenantree, 'trpc'>,
  accounts: AccountDetailSource['accounts'],
): AccountDetailSource {
  const products = productsFrom(tenantree);
  return {
    accounts,
    members: membersFrom(tenantree),
    permissions: permissionsFrom(tenantree),
    limits: limitsFrom(tenantree),
    products,
    imports: importsFrom(tenantree, products),
    billing: billingFrom(tenantree),
    activity: activityFrom(tenantree),
    usage: usageFrom(tenantree),
  };
}
