import type { AccountId, Instant, NewAccount, PlannedAccount, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { countMember } from '../members/count-member.ts';
import { insertMember } from '../members/members.ts';
import { keyOf } from './place.ts';
import type { TreeVersion } from './tree-version.ts';

/** Who makes accounts, and when. */
export type Making = {
  /** Becomes the owner of a main account; null: nobody, in tests. */
  readonly creator: UserId | null;
  readonly now: Instant;
};

/**
 * Inserts accounts of one tree and counts them into their ancestors, by two statements however many they are; parents stand before their
 * children. Whoever creates a main account is its owner; a subaccount they reach from above, and it has no members. A main account bills
 * itself, a subaccount its parent's payer.
 */
export async function insertAccounts(
  trx: TenantTransaction,
  accounts: readonly PlannedAccount[],
  { creator, now }: Making,
  version: TreeVersion,
): Promise<void> {
  const ids = accounts.map(({ id }) => id);
  await sql`
    INSERT INTO accounts (id, root_id, parent_id, path_key, name, name_key, external_id, metadata, billing_mode, payer_id,
      version, created_at, created_by)
    SELECT n.id, n.root_id, n.parent_id, n.path_key, n.name, n.name_key, n.external_id, n.metadata,
      CASE WHEN n.parent_id IS NULL THEN 'direct' ELSE 'parent' END, n.payer_id, ${version}, ${now}::timestamptz, ${creator}::uuid
    FROM unnest(${ids}::uuid[], ${accounts.map(({ path }) => path[0])}::uuid[], ${accounts.map(({ path }) => path.at(-2) ?? null)}::uuid[],
      ${accounts.map(({ path }) => keyOf(path))}::bytea[], ${accounts.map(({ name }) => name.name)}::text[],
      ${accounts.map(({ name }) => name.key)}::text[], ${accounts.map(({ externalId }) => externalId)}::text[],
      ${accounts.map(({ metadata }) => JSON.stringify(metadata))}::jsonb[], ${accounts.map(({ payerId }) => payerId)}::uuid[]
    ) n(id, root_id, parent_id, path_key, name, name_key, external_id, metadata, payer_id)`.execute(trx);
  for (const { id, path } of accounts) {
    if (path.length > 1 || creator === null) continue;
    await insertMember(trx, id, creator, 'owner', now);
    await countMember(trx, id, creator, 'came', version);
  }
  if (accounts.some(({ path }) => path.length > 1))
    await sql`SELECT count_new_accounts(${ids}::uuid[], ${version})`.execute(trx);
}

/** A main account to be written: the top of a tree of its own. */
export const mainAccount = (id: AccountId, account: NewAccount): PlannedAccount => ({
  ...account,
  id,
  path: [id],
  payerId: id,
});
