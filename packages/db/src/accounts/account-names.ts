import type { AccountId } from '@tenantree/domain';
import type { TenantTransaction } from '../database.ts';
import { ACTING_ROOT } from './place.ts';

/** Names of accounts of the acting tree; of those that aren't there, nothing. */
export async function readAccountNames(
  trx: TenantTransaction,
  accounts: readonly string[],
): Promise<readonly { readonly id: AccountId; readonly name: string }[]> {
  if (accounts.length === 0) return [];
  const rows = await trx
    .selectFrom('accounts')
    .select(['id', 'name'])
    .where('root_id', '=', ACTING_ROOT)
    .where('id', 'in', [...accounts])
    .execute();
  return rows.map(({ id, name }) => ({ id: id as AccountId, name }));
}
