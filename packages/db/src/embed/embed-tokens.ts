import type { AccountId, Instant, KeyId, RowId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

export type NewEmbedToken = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly key: KeyId;
  readonly origin: string;
  readonly access: 'read' | 'full';
  readonly userRef: string;
  readonly tokenHash: Buffer;
  readonly now: Instant;
  readonly expiresAt: Instant;
};

/** Stores a token for the embedded widget by the SHA-256 of its secret. */
export async function insertEmbedToken(trx: TenantTransaction, token: NewEmbedToken): Promise<void> {
  await trx
    .insertInto('embed_tokens')
    .values({
      account_id: token.account,
      id: token.id,
      key_id: token.key,
      origin: token.origin,
      access: token.access,
      user_ref: token.userRef,
      token_hash: token.tokenHash,
      created_at: token.now,
      expires_at: token.expiresAt,
    })
    .execute();
}

/** What a presented embed token proves, with the state of the key it was made with. */
export type PresentedEmbedToken = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly key: {
    readonly id: KeyId;
    readonly account: AccountId;
    readonly owner: UserId;
    readonly expiresAt: Instant | null;
    readonly revokedAt: Instant | null;
  };
  readonly origin: string;
  readonly access: 'read' | 'full';
  readonly userRef: string;
  readonly expiresAt: Instant;
};

/** Finds a token by the SHA-256 of its secret. */
export async function findEmbedToken(db: Database, tokenHash: Buffer): Promise<PresentedEmbedToken | null> {
  type Raw = {
    account_id: AccountId;
    id: RowId;
    key_id: KeyId;
    user_id: UserId;
    key_account_id: AccountId;
    origin: string;
    access: 'read' | 'full';
    user_ref: string;
    expires_at: Date;
    key_expires_at: Date | null;
    key_revoked_at: Date | null;
  };
  const { rows } = await db.pool.query<Raw>({
    name: 'embed_token_by_hash',
    text: 'SELECT * FROM embed_token_by_hash($1)',
    values: [tokenHash],
  });
  const row = rows[0];
  if (!row) return null;
  const text = (date: Date | null): Instant | null => (date === null ? null : (date.toISOString() as Instant));
  return {
    account: row.account_id,
    id: row.id,
    key: {
      id: row.key_id,
      account: row.key_account_id,
      owner: row.user_id,
      expiresAt: text(row.key_expires_at),
      revokedAt: text(row.key_revoked_at),
    },
    origin: row.origin,
    access: row.access,
    userRef: row.user_ref,
    expiresAt: row.expires_at.toISOString() as Instant,
  };
}

/** Deletes tokens that expired more than a day ago; how many there were. */
export async function eraseExpiredEmbedTokens(db: Database, now: Instant): Promise<number> {
  const { rows } = await sql<{ n: string }>`SELECT erase_expired_embed_tokens(${now}::timestamptz) AS n`.execute(
    db.app,
  );
  return Number(rows[0]?.n ?? 0);
}
