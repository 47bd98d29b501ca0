import type { AccountId, Instant, KeyId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

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
};

const text = (date: Date | null): Instant | null => (date === null ? null : (date.toISOString() as Instant));

/** Lists an account's keys, newest first. */
export async function readApiKeys(trx: TenantTransaction, account: AccountId): Promise<ApiKeyRow[]> {
  const rows = await trx
    .selectFrom('api_keys as k')
    // The owner may reach the account from above: the name is then out of this account's sight.
    .leftJoin('auth.users as u', 'u.id', 'k.user_id')
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
    ])
    .where('k.account_id', '=', account)
    .orderBy('k.id', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id as KeyId,
    name: row.name,
    prefix: row.prefix,
    owner: { id: row.user_id as UserId, name: row.owner_name ?? '' },
    createdAt: row.created_at.toISOString() as Instant,
    expiresAt: text(row.expires_at),
    lastUsedAt: text(row.last_used_at),
    revokedAt: text(row.revoked_at),
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
  readonly expiresAt: Instant | null;
};

/** Stores a key by the SHA-256 of its secret. */
export async function insertApiKey(trx: TenantTransaction, key: NewApiKey): Promise<void> {
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
      expires_at: key.expiresAt,
      last_used_at: null,
      revoked_at: null,
    })
    .execute();
}

/** Revokes a key; its name, or null when there is no such key or it is revoked already. */
export async function revokeApiKey(
  trx: TenantTransaction,
  account: AccountId,
  id: KeyId,
  now: Instant,
): Promise<string | null> {
  const row = await trx
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('name')
    .executeTakeFirst();
  return row?.name ?? null;
}

/** What a presented key proves. Whether it still holds (expired, revoked) is the reader's question. */
export type PresentedKey = {
  readonly account: AccountId;
  readonly id: KeyId;
  readonly owner: UserId;
  readonly name: string;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
};

/** Finds a key by the SHA-256 of its secret and notes its use (at most once a minute). */
export async function findApiKey(db: Database, tokenHash: Buffer, now: Instant): Promise<PresentedKey | null> {
  type Raw = {
    account_id: AccountId;
    id: KeyId;
    user_id: UserId;
    name: string;
    expires_at: Date | null;
    revoked_at: Date | null;
    last_used_at: Date | null;
  };
  const { rows } = await db.pool.query<Raw>({
    name: 'api_key_by_hash',
    text: 'SELECT * FROM api_key_by_hash($1)',
    values: [tokenHash],
  });
  const row = rows[0];
  if (!row) return null;
  const unused = row.last_used_at === null || Date.parse(now) - row.last_used_at.getTime() > 60_000;
  if (unused && row.revoked_at === null)
    await sql`SELECT touch_api_key(${tokenHash}, ${now}::timestamptz)`.execute(db.app);
  return {
    account: row.account_id,
    id: row.id,
    owner: row.user_id,
    name: row.name,
    expiresAt: text(row.expires_at),
    revokedAt: text(row.revoked_at),
  };
}
