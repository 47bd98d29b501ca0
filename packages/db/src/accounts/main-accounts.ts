import type { AccountId, AccountStatus, CreateState, Metadata, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

/**
 * The main account that a person made with an external id, as `decideCreate` asks for it; null when there is none that they still reach.
 * Equal wishes of one person wait for each other until the transaction ends.
 */
export async function findMainAccountMadeBy(
  trx: TenantTransaction,
  user: UserId,
  externalId: string,
): Promise<CreateState['accountOfThatExternalId']> {
  type Raw = { id: AccountId; name: string; status: AccountStatus; metadata: Metadata };
  const { rows } = await sql<Raw>`SELECT * FROM main_account_made_by(${user}, ${externalId})`.execute(trx);
  const [row] = rows;
  return row ? { ...row, parentId: null } : null;
}

/** Whether a person owns a main account that is not closed. Needs no acting account. */
export async function ownsMainAccount(db: Database, user: UserId): Promise<boolean> {
  const { rows } = await sql<{ owns: boolean }>`SELECT public.owns_main_account(${user}) AS owns`.execute(db.app);
  return rows[0]?.owns ?? false;
}
