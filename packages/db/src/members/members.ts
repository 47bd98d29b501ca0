import type { AccountId, Instant, KeyId, Role, RowId, UserId } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database, TenantTransaction } from '../database.ts';

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
    .select(['members.user_id', 'auth.users.name', 'auth.users.email', 'members.role', 'members.created_at'])
    .where('members.account_id', '=', account)
    .orderBy('members.created_at')
    .orderBy('members.user_id')
    .execute();
  return rows.map((row) => ({
    userId: row.user_id as UserId,
    name: row.name,
    email: row.email,
    role: row.role as Role,
    since: row.created_at.toISOString() as Instant,
  }));
}

/** Adds a person to an account. The account's totals are not touched: see `addToTotals`. */
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
    .where('account_id', '=', account)
    .where('user_id', '=', user)
    .execute();
}

/** Takes a person out of an account. The account's totals are not touched: see `addToTotals`. */
export async function deleteMember(trx: TenantTransaction, account: AccountId, user: UserId): Promise<void> {
  await trx.deleteFrom('members').where('account_id', '=', account).where('user_id', '=', user).execute();
}

export type Invitation = {
  readonly id: RowId;
  readonly email: string;
  readonly role: Role;
  readonly expiresAt: Instant;
};

/** Lists an account's open invitations. */
export async function readInvitations(trx: TenantTransaction, account: AccountId, now: Instant): Promise<Invitation[]> {
  const rows = await trx
    .selectFrom('invitations')
    .select(['id', 'email', 'role', 'expires_at'])
    .where('account_id', '=', account)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', new Date(now))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id as RowId,
    email: row.email,
    role: row.role as Role,
    expiresAt: row.expires_at.toISOString() as Instant,
  }));
}

export type NewInvitation = Invitation & {
  readonly account: AccountId;
  readonly tokenHash: Buffer;
  readonly invitedBy: UserId | null;
  /** The key that it was made with, and ends with; null: a person made it. */
  readonly madeBy: KeyId | null;
  readonly now: Instant;
};

/** Stores an invitation; an earlier open one for the same address is replaced. */
export async function insertInvitation(trx: TenantTransaction, invitation: NewInvitation): Promise<void> {
  await trx
    .deleteFrom('invitations')
    .where('account_id', '=', invitation.account)
    .where('email', '=', invitation.email)
    .where('accepted_at', 'is', null)
    .execute();
  await trx
    .insertInto('invitations')
    .values({
      account_id: invitation.account,
      id: invitation.id,
      email: invitation.email,
      role: invitation.role,
      token_hash: invitation.tokenHash,
      invited_by: invitation.invitedBy,
      made_by: invitation.madeBy,
      created_at: invitation.now,
      expires_at: invitation.expiresAt,
      accepted_at: null,
    })
    .execute();
}

/** Withdraws an open invitation; the address it was for, or null when there is none. */
export async function deleteInvitation(trx: TenantTransaction, account: AccountId, id: RowId): Promise<string | null> {
  const row = await trx
    .deleteFrom('invitations')
    .where('account_id', '=', account)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .returning('email')
    .executeTakeFirst();
  return row?.email ?? null;
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
  readonly accountStatus: 'active' | 'suspended' | 'closed';
  readonly acceptedAt: Instant | null;
};

/** Finds the invitation of a link by the SHA-256 of its token. */
export async function findInvitation(db: Database, tokenHash: Buffer): Promise<InvitationByToken | null> {
  type Raw = {
    account_id: AccountId;
    account_name: string;
    id: RowId;
    email: string;
    role: Role;
    expires_at: Date;
    accepted_at: Date | null;
    account_status: InvitationByToken['accountStatus'];
  };
  const { rows } = await sql<Raw>`SELECT * FROM invitation_by_hash(${tokenHash})`.execute(db.app);
  const row = rows[0];
  return row
    ? {
        account: row.account_id,
        accountName: row.account_name,
        accountStatus: row.account_status,
        id: row.id,
        email: row.email,
        role: row.role,
        expiresAt: row.expires_at.toISOString() as Instant,
        acceptedAt: (row.accepted_at?.toISOString() ?? null) as Instant | null,
      }
    : null;
}
