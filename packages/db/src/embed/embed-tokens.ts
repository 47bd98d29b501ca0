import type { AccountId, EmbedGrant, Instant, KeyId, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import { pathOf } from '../accounts/place.ts';
import type { Database } from '../database.ts';
import { type PresentedKey, type RawPresentedKey, toPresentedKey } from '../keys/presented-key.ts';

/** A token for the embedded widget, by the SHA-256 of its secret. It is stored with its trace in the journal. */
export type NewEmbedToken = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly key: KeyId;
  readonly origin: string;
  readonly grant: EmbedGrant;
  readonly userRef: string;
  readonly tokenHash: Buffer;
  readonly now: Instant;
  readonly expiresAt: Instant;
};

/** What a presented embed token proves, with the key it was made with. */
export type PresentedEmbedToken = {
  readonly account: AccountId;
  /** Of its account, root first. */
  readonly path: readonly AccountId[];
  readonly id: RowId;
  readonly key: PresentedKey;
  readonly origin: string;
  readonly grant: EmbedGrant;
  readonly userRef: string;
  readonly expiresAt: Instant;
};

/** Finds a token by the SHA-256 of its secret. */
export async function findEmbedToken(db: Database, tokenHash: Buffer): Promise<PresentedEmbedToken | null> {
  type Raw = RawPresentedKey & {
    token_account_id: AccountId;
    token_key: Buffer;
    token_id: RowId;
    origin: string;
    access: EmbedGrant['access'];
    features: EmbedGrant['features'];
    user_ref: string;
    token_expires_at: Date;
  };
  const { rows } = await db.pool.query<Raw>({
    name: 'embed_token_by_hash',
    text: 'SELECT * FROM public.embed_token_by_hash($1)',
    values: [tokenHash],
  });
  const row = rows[0];
  if (!row) return null;
  return {
    account: row.token_account_id,
    path: pathOf(row.root_id, row.token_key),
    id: row.token_id,
    key: toPresentedKey(row),
    origin: row.origin,
    grant: { access: row.access, features: row.features },
    userRef: row.user_ref,
    expiresAt: row.token_expires_at.toISOString() as Instant,
  };
}

/** Deletes tokens that expired more than a day ago; how many there were. */
export async function eraseExpiredEmbedTokens(db: Database, now: Instant): Promise<number> {
  const { rows } = await sql<{ n: string }>`SELECT public.erase_expired_embed_tokens(${now}::timestamptz) AS n`.execute(
    db.app,
  );
  return Number(rows[0]?.n ?? 0);
}
