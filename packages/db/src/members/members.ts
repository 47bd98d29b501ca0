import {
  type AccountId,
  type Instant,
  type KeyId,
  ROLE_REACH,
  ROLES,
  type Role,
  type RowId,
  type UserId,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { ACTING_ROOT } from '../accounts/place.ts';
import type { Database, TenantTransaction } from '../database.ts';
import { instantOrNull } from '../instant-or-null.ts';
import { type RevokedKey, revokeApiKeys } from '../keys/api-keys.ts';

/** A person in an account. */
export type Member = {
  readonly userId: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly since: Instant;
};

/** Lists the members of an account, longest standing first. */
export async function readMembers(trx: TenantTransaction, account: AccountId): Promise<Member[]> {
  const rows = await trx
    .selectFrom('members')
    .innerJoin('auth.users', 'auth.users.id', 'members.user_id')
    .select(['members.user_id', 'auth.users.name', 'auth.users.shown_email', 'members.role', 'members.created_at'])
    .where('members.root_id', '=', ACTING_ROOT)
    .where('members.account_id', '=', account)
    .orderBy('members.created_at')
    .orderBy('members.user_id')
    .execute();
  return rows.map((row) => ({
    userId: row.user_id as UserId,
    name: row.name,
    email: row.shown_email,
    role: row.role as Role,
    since: row.created_at.toISOString() as Instant,
  }));
}

/** Adds a person to an account. The account's totals are not touched: see `countMember`. */
export async function insertMember(
  trx: TenantTransaction,
  account: AccountId,
  user: UserId,
  role: Role,
  now: Instant,
): Promise<void> {
  await trx.insertInto('members').values({ account_id: account, user_id: user, role, created_at: now }).execute();
}

/** Writes a member's role. */
export async function updateRole(trx: TenantTransaction, account: AccountId, user: UserId, role: Role): Promise<void> {
  await trx
    .updateTable('members')
    .set({ role })
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('user_id', '=', user)
    .execute();
}

/** The role of a person in an account, by their address as addresses are compared; null when they are no member. */
export async function readRoleOf(trx: TenantTransaction, account: AccountId, email: string): Promise<Role | null> {
  const row = await trx
    .selectFrom('members')
    .innerJoin('auth.users', 'auth.users.id', 'members.user_id')
    .select('members.role')
    .where('members.root_id', '=', ACTING_ROOT)
    .where('members.account_id', '=', account)
    .where('auth.users.email', '=', email)
    .executeTakeFirst();
  return (row?.role ?? null) as Role | null;
}

/** Takes a person out of an account. The account's totals are not touched: see `countMember`. */
export async function deleteMember(trx: TenantTransaction, account: AccountId, user: UserId): Promise<void> {
  await trx
    .deleteFrom('members')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('user_id', '=', user)
    .execute();
}

export type Invitation = {
  readonly id: RowId;
  readonly email: string;
  readonly role: Role;
  readonly expiresAt: Instant;
};

/** An open invitation with who invited; null: somebody who reaches the account from above only, out of the account's sight. */
export type OpenInvitation = Invitation & { readonly invitedBy: { readonly id: UserId; readonly name: string } | null };

/** Lists an account's open invitations. */
export async function readInvitations(
  trx: TenantTransaction,
  account: AccountId,
  now: Instant,
): Promise<OpenInvitation[]> {
  const rows = await trx
    .selectFrom('invitations as i')
    .leftJoin('auth.users as u', 'u.id', 'i.invited_by')
    .select(['i.id', 'i.shown_email', 'i.role', 'i.expires_at', 'u.id as inviter', 'u.name as inviter_name'])
    .where('i.root_id', '=', ACTING_ROOT)
    .where('i.account_id', '=', account)
    .where('i.accepted_at', 'is', null)
    .where('i.expires_at', '>', new Date(now))
    .orderBy('i.id')
    .execute();
  return rows.map((row) => ({
    id: row.id as RowId,
    email: row.shown_email,
    role: row.role as Role,
    expiresAt: row.expires_at.toISOString() as Instant,
    invitedBy: row.inviter === null ? null : { id: row.inviter as UserId, name: row.inviter_name ?? '' },
  }));
}

export type NewInvitation = Invitation & {
  readonly account: AccountId;
  /** The address as addresses are compared; `email` is as it was typed. */
  readonly emailKey: string;
  readonly tokenHash: Buffer;
  readonly invitedBy: UserId;
  /** The key that it was made with, and ends with; null: a person made it. */
  readonly madeBy: KeyId | null;
  readonly now: Instant;
};

/** Stores an invitation; an earlier open one for the same address is replaced, also one that comes at the same moment. */
export async function insertInvitation(trx: TenantTransaction, invitation: NewInvitation): Promise<void> {
  const content = {
    id: invitation.id,
    shown_email: invitation.email,
    role: invitation.role,
    token_hash: invitation.tokenHash,
    invited_by: invitation.invitedBy,
    made_by: invitation.madeBy,
    created_at: invitation.now,
    expires_at: invitation.expiresAt,
  };
  await trx
    .insertInto('invitations')
    .values({ account_id: invitation.account, email: invitation.emailKey, accepted_at: null, ...content })
    .onConflict((same) =>
      same.columns(['root_id', 'account_id', 'email']).where('accepted_at', 'is', null).doUpdateSet(content),
    )
    .execute();
}

/** Withdraws an open invitation; the address it was for, or null when there is none. */
export async function deleteInvitation(trx: TenantTransaction, account: AccountId, id: RowId): Promise<string | null> {
  const row = await trx
    .deleteFrom('invitations')
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .returning('shown_email')
    .executeTakeFirst();
  return row?.shown_email ?? null;
}

/** Marks an invitation as used; false when it was used already. */
export async function takeInvitation(
  trx: TenantTransaction,
  account: AccountId,
  id: RowId,
  now: Instant,
): Promise<boolean> {
  const row = await trx
    .updateTable('invitations')
    .set({ accepted_at: now })
    .where('root_id', '=', ACTING_ROOT)
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** An invitation as its secret link shows it. */
export type InvitationByToken = Invitation & {
  readonly account: AccountId;
  readonly accountName: string;
  /** The address as addresses are compared; `email` is as it was typed. */
  readonly emailKey: string;
  /** Null for one from before inviters were kept. */
  readonly invitedBy: UserId | null;
  readonly acceptedAt: Instant | null;
};

/** Finds the invitation of a link by the SHA-256 of its token. */
export async function findInvitation(db: Database, tokenHash: Buffer): Promise<InvitationByToken | null> {
  type Raw = {
    account_id: AccountId;
    account_name: string;
    id: RowId;
    email: string;
    shown_email: string;
    role: Role;
    invited_by: UserId | null;
    expires_at: Date;
    accepted_at: Date | null;
  };
  const { rows } = await sql<Raw>`SELECT * FROM public.invitation_by_hash(${tokenHash})`.execute(db.app);
  const row = rows[0];
  return row
    ? {
        account: row.account_id,
        accountName: row.account_name,
        id: row.id,
        email: row.shown_email,
        emailKey: row.email,
        role: row.role,
        invitedBy: row.invited_by,
        expiresAt: row.expires_at.toISOString() as Instant,
        acceptedAt: instantOrNull(row.accepted_at),
      }
    : null;
}

/** What of a person's ended with their membership. */
export type EndedCredentials = {
  readonly keys: readonly RevokedKey[];
  readonly invitations: readonly {
    readonly account: AccountId;
    readonly accountName: string;
    readonly id: RowId;
    readonly email: string;
  }[];
};

/**
 * Revokes a person's keys and withdraws their open invitations where they are a member no more: in the acting account, which they were
 * taken out of, and in those below that no other membership of theirs reaches. To be called after the membership is gone.
 */
export async function endCredentials(
  trx: TenantTransaction,
  account: AccountId,
  user: UserId,
  now: Instant,
): Promise<EndedCredentials> {
  const reaching = ROLES.filter((role) => ROLE_REACH[role] === 'subtree');
  const lost = sql`a.root_id = ${ACTING_ROOT} AND a.path_key >= acting_key() AND a.path_key < acting_end() AND (
    a.id = ${account} OR NOT EXISTS (
      SELECT 1 FROM memberships_on(${user}, path_of(a.root_id, a.path_key)) m WHERE m.account_id = a.id OR m.role = ANY (${reaching}::text[])))`;
  const owned = await sql<{ account_id: AccountId; ids: KeyId[] }>`
    SELECT k.account_id, array_agg(k.id) AS ids FROM api_keys k JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
    WHERE k.user_id = ${user} AND k.revoked_at IS NULL AND ${lost} GROUP BY k.account_id`.execute(trx);
  const keys: RevokedKey[] = [];
  for (const { account_id, ids } of owned.rows) keys.push(...(await revokeApiKeys(trx, account_id, ids, now)));
  const invitations = await sql<{ account_id: AccountId; account_name: string; id: RowId; shown_email: string }>`
    DELETE FROM invitations i USING accounts a
    WHERE i.invited_by = ${user} AND i.accepted_at IS NULL AND a.root_id = i.root_id AND a.id = i.account_id AND ${lost}
    RETURNING i.account_id, a.name AS account_name, i.id, i.shown_email`.execute(trx);
  return {
    keys,
    invitations: invitations.rows.map(({ account_id, account_name, id, shown_email }) => ({
      account: account_id,
      accountName: account_name,
      id,
      email: shown_email,
    })),
  };
}
