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
 * Inserts accounts of one tree and counts them into their ancestors, by one statement however many they are; parents stand before their
 * children. Whoever creates a main account is its owner; a subaccount they reach from above, and it has no members.
 */
export async function insertAccounts(
  trx: TenantTransaction,
  accounts: readonly PlannedAccount[],
  { creator, now }: Making,
  version: TreeVersion,
): Promise<void> {
  await sql`SELECT make_accounts(${accounts.map(({ id }) => id)}::uuid[], ${accounts.map(({ path }) => path[0])}::uuid[],
    ${accounts.map(({ path }) => path.at(-2) ?? null)}::uuid[], ${accounts.map(({ path }) => keyOf(path))}::bytea[],
    ${accounts.map(({ name }) => name.name)}::text[], ${accounts.map(({ name }) => name.key)}::text[],
    ${accounts.map(({ externalId }) => externalId)}::text[], ${accounts.map(({ metadata }) => JSON.stringify(metadata))}::jsonb[],
    ${accounts.map(({ payerId }) => payerId)}::uuid[], ${version}, ${now}::timestamptz, ${creator}::uuid)`.execute(trx);
  for (const { id, path } of accounts) {
    if (path.length > 1 || creator === null) continue;
    await insertMember(trx, id, creator, 'owner', now);
    await countMember(trx, id, creator, 'came', version);
  }
}

/** A main account to be written: the top of a tree of its own. */
export const mainAccount = (id: AccountId, account: NewAccount): PlannedAccount => ({
  ...account,
  id,
  path: [id],
  payerId: id,
});
