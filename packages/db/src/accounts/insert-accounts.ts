import type { AccountId, Instant, NewAccount, PlannedAccount, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { TenantTransaction } from '../database.ts';
import { countMember } from '../members/count-member.ts';
import { insertMember } from '../members/members.ts';
import { keyText } from './place.ts';
import type { TreeVersion } from './tree-version.ts';

/** Who makes accounts, and when. */
export type Making = {
  /** Null: nobody, in tests. */
  readonly creator: UserId | null;
  readonly now: Instant;
};

/** Accounts of one tree as they are sent: the texts of lists. */
export type SentAccounts = readonly string[];

/** Makes accounts of one tree ready to be sent: apart, so that it is done while others are written. Parents stand before their children. */
export const sentAccounts = (accounts: readonly PlannedAccount[]): SentAccounts => [
  plainList(accounts, ({ id }) => id),
  plainList(accounts, ({ path }) => path[0]!),
  plainList(accounts, ({ path }) => path.at(-2) ?? 'NULL'),
  plainList(accounts, ({ path }) => `"\\${keyText(path)}"`),
  textList(accounts, ({ name }) => name.name),
  textList(accounts, ({ name }) => name.key),
  textList(accounts, ({ externalId }) => externalId),
  textList(accounts, ({ metadata }) => JSON.stringify(metadata)),
  plainList(accounts, ({ payerId }) => payerId),
];

/** A list of what needs no quotation marks. */
const plainList = <T>(all: readonly T[], of: (one: T) => string): string => `{${all.map(of).join()}}`;

const textList = <T>(all: readonly T[], of: (one: T) => string | null): string =>
  plainList(all, (one) => quotedItem(of(one)));

const quotedItem = (text: string | null): string => (text === null ? 'NULL' : `"${text.replaceAll(/["\\]/g, '\\$&')}"`);

/** Inserts accounts and counts them into their ancestors, by one statement however many they are. Nobody is a member of them yet. */
export async function insertAccounts(
  trx: TenantTransaction,
  [ids, roots, parents, keys, names, nameKeys, externalIds, metadata, payers]: SentAccounts,
  { creator, now }: Making,
  version: TreeVersion,
): Promise<void> {
  await sql`SELECT make_accounts(${ids}::uuid[], ${roots}::uuid[], ${parents}::uuid[], ${keys}::bytea[], ${names}::text[], ${nameKeys}::text[],
    ${externalIds}::text[], ${metadata}::jsonb[], ${payers}::uuid[], ${version}, ${now}::timestamptz, ${creator}::uuid)`.execute(
    trx,
  );
}

/** Inserts a main account: the top of a tree of its own, whose owner is whoever creates it. */
export async function insertMainAccount(
  trx: TenantTransaction,
  id: AccountId,
  account: NewAccount,
  making: Making & { readonly creator: UserId },
  version: TreeVersion,
): Promise<void> {
  await insertAccounts(trx, sentAccounts([{ ...account, id, path: [id], payerId: id }]), making, version);
  await insertMember(trx, id, making.creator, 'owner', making.now);
  await countMember(trx, id, making.creator, 'came', version);
}
