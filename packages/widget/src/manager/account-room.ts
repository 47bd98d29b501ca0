import type { Tenantree } from '@tenantree/client';
import { type AccountDetailSource, accountDetailFrom } from '../account/account-source.ts';
import { SamAccount } from '../account/sam-account.ts';
import { define } from '../parts/define.ts';

/** Opens the room of single accounts: its element, and where it gets them from. Loaded when the first account is opened. */
export function openAccountRoom(tenantree: Tenantree, accounts: AccountDetailSource['accounts']): AccountDetailSource {
  define('sam-account', SamAccount);
  return accountDetailFrom(tenantree, accounts);
}
