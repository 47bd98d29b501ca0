import { readAccountRows } from '@tenantree/db';
import type { AccountId, AccountRow } from '@tenantree/domain';
import type { Change } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';

/** The row of an account as it is inside the running change, without minutes: the answer of every change. */
export async function readBack(hall: Hall, change: Pick<Change, 'trx'>, account: AccountId): Promise<AccountRow> {
  const [row] = await readAccountRows(change.trx, [account], nowOf(hall), 'without_minutes');
  if (!row) throw new Error(`account ${account} vanished inside its own change`);
  return row;
}
