import type { AccountId, Instant, RowId } from '@tenantree/domain';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TenantTransaction } from '../database.ts';

/** An agent of an account. */
export type AgentRow = { readonly id: RowId; readonly name: string; readonly externalId: string | null };

/** Finds an account's agents by external id. */
export async function findAgentsByExternalId(
  trx: TenantTransaction,
  account: AccountId,
  externalIds: readonly string[],
): Promise<AgentRow[]> {
  if (externalIds.length === 0) return [];
  const rows = await trx
    .selectFrom('agents')
    .select(['id', 'name', 'external_id'])
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('external_id', 'in', [...externalIds])
    .execute();
  return rows.map((row) => ({ id: row.id as RowId, name: row.name, externalId: row.external_id }));
}

/** Finds an account's agents by id, in the order of the ids; those that are not there are left out. */
export async function findAgents(
  trx: TenantTransaction,
  account: AccountId,
  ids: readonly RowId[],
): Promise<AgentRow[]> {
  const rows = await trx
    .selectFrom('agents')
    .select(['id', 'name', 'external_id'])
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', 'in', [...ids])
    .execute();
  const found = new Map(rows.map((row) => [row.id, { name: row.name, externalId: row.external_id }]));
  return ids.flatMap((id) => {
    const agent = found.get(id);
    return agent ? [{ id, ...agent }] : [];
  });
}

/** Adds agents to an account. The account's totals are not touched: see `take`. */
export async function insertAgents(
  trx: TenantTransaction,
  account: AccountId,
  agents: readonly AgentRow[],
  now: Instant,
): Promise<void> {
  if (agents.length === 0) return;
  await trx
    .insertInto('agents')
    .values(
      agents.map((agent) => ({
        account_id: account,
        id: agent.id,
        name: agent.name,
        external_id: agent.externalId,
        created_at: now,
      })),
    )
    .execute();
}

/** Lists an account's agents in the order they were made, after a given one. */
export async function readAgents(
  trx: TenantTransaction,
  account: AccountId,
  after: RowId | null,
  limit: number,
): Promise<AgentRow[]> {
  const rows = await trx
    .selectFrom('agents')
    .select(['id', 'name', 'external_id'])
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .$if(after !== null, (query) => query.where('id', '>', after))
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: row.id as RowId, name: row.name, externalId: row.external_id }));
}
