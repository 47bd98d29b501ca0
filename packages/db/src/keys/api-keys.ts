import type { AccountId, Instant, KeyId, KeyScopes, KeyTerms, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import { readAccountNames } from '../accounts/account-names.ts';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { TreeVersion } from '../accounts/tree-version.ts';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import { take } from '../limits/take.ts';
import { type PresentedKey, type RawPresentedKey, toPresentedKey } from './presented-key.ts';

/** An API key as it is listed: never the secret, only its first characters. */
export type ApiKeyRow = {
  readonly id: KeyId;
  readonly name: string;
  readonly prefix: string;
  readonly owner: { readonly id: UserId; readonly name: string };
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly lastUsedAt: Instant | null;
  readonly revokedAt: Instant | null;
  readonly scopes: KeyScopes;
  /** The accounts whose subtrees it is kept to, as far as they are still below this one; null: this account's. */
  readonly within: readonly { readonly id: AccountId; readonly name: string }[] | null;
  /** The key that it was made with, and ends with; its name where it is a key of an account that is seen from here. */
  readonly madeBy: { readonly id: KeyId; readonly name: string | null } | null;
};

/** Lists an account's keys, newest first. */
export async function readApiKeys(trx: TenantTransaction, account: AccountId): Promise<ApiKeyRow[]> {
  const rows = await trx
    .selectFrom('api_keys as k')
    // The owner may reach the account from above: the name is then out of this account's sight.
    .leftJoin('auth.users as u', 'u.id', 'k.user_id')
    .leftJoin('api_keys as m', (join) => join.onRef('m.root_id', '=', 'k.root_id').onRef('m.id', '=', 'k.made_by'))
    .select([
      'k.id',
      'k.name',
      'k.prefix',
      'k.user_id',
      'u.name as owner_name',
      'k.created_at',
      'k.expires_at',
      'k.last_used_at',
      'k.revoked_at',
      'k.scopes',
      'k.within',
      'k.made_by',
      'm.name as maker_name',
    ])
    .where('k.root_id', '=', ACTING_ROOT)
    .where('k.account_id', '=', account)
    .orderBy('k.id', 'desc')
    .execute();
  const names = await readAccountNames(trx, [...new Set(rows.flatMap((row) => row.within ?? []))]);
  return rows.map((row) => ({
    id: row.id as KeyId,
    name: row.name,
    prefix: row.prefix,
    owner: { id: row.user_id as UserId, name: row.owner_name ?? '' },
    createdAt: row.created_at.toISOString() as Instant,
    expiresAt: instantOrNull(row.expires_at),
    lastUsedAt: instantOrNull(row.last_used_at),
    revokedAt: instantOrNull(row.revoked_at),
    // What is stored was read as scopes when the key was made.
    scopes: (row.scopes as Exclude<KeyScopes, '*'> | null) ?? '*',
    within: row.within && names.filter(({ id }) => row.within?.includes(id)),
    madeBy: row.made_by === null ? null : { id: row.made_by as KeyId, name: row.maker_name },
  }));
}

export type NewApiKey = {
  readonly account: AccountId;
  readonly id: KeyId;
  readonly owner: UserId;
  readonly name: string;
  readonly prefix: string;
  readonly tokenHash: Buffer;
  readonly now: Instant;
  readonly terms: KeyTerms;
  readonly within: readonly AccountId[] | null;
  readonly madeBy: KeyId | null;
};

/**
 * Stores a key by the SHA-256 of its secret, and counts it as one of the account's, in place of those whose time is over. Part of a change of
 * the tree.
 *
 * @throws what `refusedByLimit` reads when a limit doesn't let it through
 */
export async function insertApiKey(trx: TenantTransaction, key: NewApiKey, version: TreeVersion): Promise<void> {
  await sql`SELECT end_counted_keys(${key.now}::timestamptz)`.execute(trx);
  await take(trx, [{ account: key.account, resource: 'apiKeys', n: 1 }], version);
  await trx
    .insertInto('api_keys')
    .values({
      account_id: key.account,
      id: key.id,
      user_id: key.owner,
      name: key.name,
      prefix: key.prefix,
      token_hash: key.tokenHash,
      created_at: key.now,
      expires_at: key.terms.expiresAt,
      last_used_at: null,
      revoked_at: null,
      scopes: key.terms.scopes === '*' ? null : JSON.stringify(key.terms.scopes),
      within: key.within && [...key.within],
      made_by: key.madeBy,
      counted: true,
    })
    .execute();
}

/** A key that was revoked, itself or because the one was with which it was made. */
export type RevokedKey = {
  readonly account: AccountId;
  readonly id: KeyId;
  readonly name: string;
  /** Whether the acting account sees it: what was made with a key may have been moved away with its account. */
  readonly isSeen: boolean;
};

/**
 * Revokes keys of an account with all keys that were made with them, however far down, and withdraws the open invitations that were.
 * Those that are revoked already, or are not there, are left out of the answer.
 */
export async function revokeApiKeys(
  trx: TenantTransaction,
  account: AccountId,
  ids: readonly KeyId[],
  now: Instant,
): Promise<readonly RevokedKey[]> {
  type Raw = { account_id: AccountId; id: KeyId; name: string; is_seen: boolean };
  const { rows } = await sql<Raw>`
    SELECT * FROM revoke_api_keys(${account}, ${[...ids]}::uuid[], ${now}::timestamptz)`.execute(trx);
  return rows.map((row) => ({ account: row.account_id, id: row.id, name: row.name, isSeen: row.is_seen }));
}

/** A standing that lasts until the transaction ends, and when the key ends by itself with which it is used; null: never, or there is none. */
export type StandingHeld = { readonly keyEndsAt: Instant | null };

/**
 * Keeps a person from leaving an account, and the key from being revoked with which something is made there, before this transaction ends;
 * null when either has happened.
 */
export async function holdStanding(
  trx: TenantTransaction,
  account: AccountId,
  user: UserId,
  key: KeyId | null,
): Promise<StandingHeld | null> {
  const { rows } = await sql<{ held: boolean; key_ends_at: Date | null }>`
    SELECT * FROM hold_standing(${account}, ${user}, ${key})`.execute(trx);
  return rows[0]?.held ? { keyEndsAt: instantOrNull(rows[0].key_ends_at) } : null;
}

/** Finds a key by the SHA-256 of its secret and notes its use (at most once a minute). */
export async function findApiKey(db: Database, tokenHash: Buffer, now: Instant): Promise<PresentedKey | null> {
  const { rows } = await db.pool.query<RawPresentedKey>({
    name: 'api_key_by_hash',
    text: 'SELECT * FROM public.api_key_by_hash($1)',
    values: [tokenHash],
  });
  const row = rows[0];
  if (!row) return null;
  const unused = row.last_used_at === null || Date.parse(now) - row.last_used_at.getTime() > 60_000;
  if (unused && row.revoked_at === null)
    await sql`SELECT public.touch_api_key(${tokenHash}, ${now}::timestamptz)`.execute(db.app);
  return toPresentedKey(row);
}

/** Finds a key of the tree that an account is in, for what somebody asked for with it before; null when it is gone. */
export async function findKeyInTreeOf(db: Database, account: AccountId, key: KeyId): Promise<PresentedKey | null> {
  const { rows } = await sql<RawPresentedKey>`SELECT * FROM public.key_in_tree_of(${account}, ${key})`.execute(db.app);
  return rows[0] ? toPresentedKey(rows[0]) : null;
}
