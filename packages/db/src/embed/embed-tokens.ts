import type { AccountId, EmbedGrant, Instant, KeyId, RowId } from '@tenantree/domain';
import { sql } from 'kysely';
import { ACTING_ROOT, pathOf } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import { type PresentedKey, type RawPresentedKey, toPresentedKey } from '../keys/presented-key.ts';

/** A token for the embedded widget, by the SHA-256 of its secret. */
export type NewEmbedToken = {
  readonly account: AccountId;
  readonly id: RowId;
  readonly key: KeyId;
  readonly origins: readonly string[];
  readonly grant: EmbedGrant;
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
      origins: [...token.origins],
      access: token.grant.access,
      features: [...token.grant.features],
      user_ref: token.userRef,
      token_hash: token.tokenHash,
      created_at: token.now,
      expires_at: token.expiresAt,
    })
    .execute();
}

/** What a presented embed token proves, with the key it was made with. */
export type PresentedEmbedToken = {
  readonly account: AccountId;
  /** Of its account. */
  readonly name: string;
  /** Of its account, root first. */
  readonly path: readonly AccountId[];
  readonly id: RowId;
  readonly key: PresentedKey;
  readonly origins: readonly string[];
  readonly grant: EmbedGrant;
  readonly userRef: string;
  readonly openedAt: Instant;
  readonly expiresAt: Instant;
  /** When it was ended before its time; null: it was not. */
  readonly endedAt: Instant | null;
};

/** Finds a token by the SHA-256 of its secret. */
export async function findEmbedToken(db: Database, tokenHash: Buffer): Promise<PresentedEmbedToken | null> {
  type Raw = RawPresentedKey & {
    token_account_id: AccountId;
    token_account_name: string;
    token_key: Buffer;
    token_id: RowId;
    origins: string[];
    access: EmbedGrant['access'];
    features: EmbedGrant['features'];
    user_ref: string;
    token_created_at: Date;
    token_expires_at: Date;
    token_ended_at: Date | null;
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
    name: row.token_account_name,
    path: pathOf(row.root_id, row.token_key),
    id: row.token_id,
    key: toPresentedKey(row),
    origins: row.origins,
    grant: { access: row.access, features: row.features },
    userRef: row.user_ref,
    openedAt: row.token_created_at.toISOString() as Instant,
    expiresAt: row.token_expires_at.toISOString() as Instant,
    endedAt: instantOrNull(row.token_ended_at),
  };
}

/** Deletes tokens that expired more than a day ago; how many there were. */
export async function eraseExpiredEmbedTokens(db: Database, now: Instant): Promise<number> {
  const { rows } = await sql<{ n: string }>`SELECT public.erase_expired_embed_tokens(${now}::timestamptz) AS n`.execute(
    db.app,
  );
  return Number(rows[0]?.n ?? 0);
}

/** Who makes a session, for whom. */
export type SessionOwner = { readonly key: KeyId; readonly userRef: string };

/**
 * Looks at the sessions of a user, for who makes one more. Until the transaction ends, others who make one for the same user wait.
 *
 * @returns how many were made since an instant, and which live ones are too many besides a new one: the oldest
 */
export async function readSessionsOfUser(
  trx: TenantTransaction,
  { key, userRef }: SessionOwner,
  { since, now, most }: { readonly since: Instant; readonly now: Instant; readonly most: number },
): Promise<{ readonly recent: number; readonly tooMany: readonly RowId[] }> {
  const { rows } = await sql<{ recent: number; too_many: RowId[] }>`
    SELECT * FROM sessions_of_user(${key}, ${userRef}, ${since}::timestamptz, ${now}::timestamptz, ${most})`.execute(
    trx,
  );
  return { recent: rows[0]?.recent ?? 0, tooMany: rows[0]?.too_many ?? [] };
}

/** A live session of an embedded screen. */
export type EmbedSessionRow = {
  readonly id: RowId;
  readonly account: { readonly id: AccountId; readonly name: string };
  readonly userRef: string;
  readonly origins: readonly string[];
  readonly grant: EmbedGrant;
  /** The key that it was made with; its name where that is a key of the acting account's subtree. */
  readonly key: { readonly id: KeyId; readonly name: string | null };
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
};

/** Lists live sessions of the acting account's subtree, newest first; those of one user, if that is asked for. */
export async function readEmbedSessions(
  trx: TenantTransaction,
  asked: {
    readonly now: Instant;
    readonly userRef: string | null;
    readonly before: RowId | null;
    readonly limit: number;
  },
): Promise<EmbedSessionRow[]> {
  const rows = await trx
    .selectFrom('embed_tokens as e')
    .innerJoin('accounts as a', (join) => join.onRef('a.root_id', '=', 'e.root_id').onRef('a.id', '=', 'e.account_id'))
    .leftJoin('api_keys as k', (join) => join.onRef('k.root_id', '=', 'e.root_id').onRef('k.id', '=', 'e.key_id'))
    .select(['e.id', 'e.account_id', 'a.name as account_name', 'e.user_ref', 'e.origins', 'e.access', 'e.features'])
    .select(['e.key_id', 'k.name as key_name', 'e.created_at', 'e.expires_at'])
    .where('e.root_id', '=', ACTING_ROOT)
    .where('e.ended_at', 'is', null)
    .where('e.expires_at', '>', sql<Date>`${asked.now}::timestamptz`)
    .$if(asked.userRef !== null, (query) => query.where('e.user_ref', '=', asked.userRef))
    .$if(asked.before !== null, (query) => query.where('e.id', '<', asked.before))
    .orderBy('e.id', 'desc')
    .limit(asked.limit)
    .execute();
  return rows.map((row) => ({
    id: row.id as RowId,
    account: { id: row.account_id as AccountId, name: row.account_name },
    userRef: row.user_ref,
    origins: row.origins,
    // As it was granted when the session was made.
    grant: { access: row.access, features: row.features as EmbedGrant['features'] },
    key: { id: row.key_id as KeyId, name: row.key_name },
    createdAt: row.created_at.toISOString() as Instant,
    expiresAt: row.expires_at.toISOString() as Instant,
  }));
}

/** Ends live sessions of the acting account's subtree: some of them, or all of one user. @returns which ended */
export async function endEmbedSessions(
  trx: TenantTransaction,
  which: { readonly ids: readonly RowId[] } | { readonly userRef: string },
  now: Instant,
): Promise<RowId[]> {
  const rows = await trx
    .updateTable('embed_tokens')
    .set({ ended_at: now })
    .where('root_id', '=', ACTING_ROOT)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', sql<Date>`${now}::timestamptz`)
    .$if('userRef' in which, (query) => query.where('user_ref', '=', 'userRef' in which ? which.userRef : ''))
    .$if('ids' in which, (query) => query.where('id', 'in', 'ids' in which ? [...which.ids] : []))
    .returning('id')
    .execute();
  return rows.map(({ id }) => id as RowId);
}

/** Ends all live sessions of a key of the acting account's subtree, wherever they are. @returns which ended */
export async function endSessionsOfKey(trx: TenantTransaction, key: KeyId, now: Instant): Promise<RowId[]> {
  const { rows } = await sql<{ id: RowId }>`
    SELECT id FROM end_sessions_of_key(${key}, ${now}::timestamptz) AS ended(id)`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Whether it is to be noted that a session was used on another origin: once a minute is enough. */
export async function noteRefusedOrigin(
  trx: TenantTransaction,
  { account, id }: { readonly account: AccountId; readonly id: RowId },
  now: Instant,
): Promise<boolean> {
  const noted = await trx
    .updateTable('embed_tokens')
    .set({ refused_at: now })
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where(sql<boolean>`coalesce(refused_at < ${now}::timestamptz - interval '1 minute', true)`)
    .returning('id')
    .executeTakeFirst();
  return noted !== undefined;
}
