import type { Tenantree } from '@tenantree/client';
import type { AccountId, Instant, Role, RowId, UserId } from '@tenantree/domain';
import { call } from '../data/call.ts';

/** A person in an account. */
export type Member = {
  readonly userId: UserId;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly since: Instant;
  /** When they last did something in the account or below it; null when they never did. */
  readonly lastActivity: Instant | null;
};

/** Somebody who is asked into an account and has not come yet. */
export type OpenInvitation = {
  readonly id: RowId;
  readonly email: string;
  readonly role: Role;
  readonly expiresAt: Instant;
  /** Null: somebody above the account. */
  readonly invitedBy: { readonly name: string } | null;
};

/** Who is in an account, and who is asked to be. */
export type People = { readonly members: readonly Member[]; readonly invitations: readonly OpenInvitation[] };

/** Where the screen of members gets people from and sends changes to. Every promise rejects with a `SourceRefusal`. */
export type MembersSource = {
  readonly list: (account: AccountId, signal?: AbortSignal) => Promise<People>;
  /** @returns the link that lets the person in: it works once and is shown once */
  readonly invite: (account: AccountId, email: string, role: Role) => Promise<{ readonly link: string }>;
  readonly withdraw: (account: AccountId, invitation: RowId) => Promise<void>;
  readonly setRole: (account: AccountId, user: UserId, role: Role) => Promise<void>;
  readonly remove: (account: AccountId, user: UserId) => Promise<void>;
};

/** Members from a Tenantree server. */
export function membersFrom({ trpc: { members } }: Pick<Tenantree, 'trpc'>): MembersSource {
  return {
    list: (account, signal) => call(members.list.query, { account }, signal),
    invite: (account, email, role) => call(members.invite.mutate, { account, email, role }),
    withdraw: async (account, id) => void (await call(members.revokeInvitation.mutate, { account, id })),
    setRole: async (account, userId, role) => void (await call(members.setRole.mutate, { account, userId, role })),
    remove: async (account, userId) => void (await call(members.remove.mutate, { account, userId })),
  };
}
