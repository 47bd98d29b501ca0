import { type Member, readInvitations, readLastActivity, readMembers, type TenantTransaction } from '@tenantree/db';
import type { AccountId, Instant } from '@tenantree/domain';
import type { Handlers } from '../guard/procedure.ts';
import { nowOf } from '../hall/hall.ts';
import { changeRole, removeMember } from './change-member.ts';
import { acceptInvitation, inviteMember, readInvitation, revokeInvitation } from './invitations.ts';

/** The members of an account, each with the last thing they did there or below; null for who did nothing. */
async function membersOf(
  trx: TenantTransaction,
  account: AccountId,
): Promise<(Member & { readonly lastActivity: Instant | null })[]> {
  const members = await readMembers(trx, account);
  const last = await readLastActivity(
    trx,
    members.map(({ userId }) => userId),
  );
  return members.map((member) => ({ ...member, lastActivity: last.get(member.userId) ?? null }));
}

export const members: Handlers<'members'> = {
  list: ({ ctx }) =>
    ctx.hall.db.withTenant(
      ctx.access.id,
      async (trx) => ({
        members: await membersOf(trx, ctx.access.id),
        invitations: await readInvitations(trx, ctx.access.id, nowOf(ctx.hall)),
      }),
      { user: ctx.caller.user, snapshot: true },
    ),

  invite: ({ ctx, input }) => inviteMember(ctx.hall, ctx.caller, ctx.access, input),

  revokeInvitation: async ({ ctx, input }) => {
    await revokeInvitation(ctx.hall, ctx.caller, ctx.access, input.id);
    return {};
  },

  setRole: async ({ ctx, input }) => {
    await changeRole(ctx.hall, ctx.caller, ctx.access, input.userId, input.role);
    return {};
  },

  remove: async ({ ctx, input }) => {
    await removeMember(ctx.hall, ctx.caller, ctx.access, input.userId);
    return {};
  },

  leave: async ({ ctx }) => {
    await removeMember(ctx.hall, ctx.caller, ctx.access, ctx.caller.user);
    return {};
  },

  invitation: ({ ctx, input }) => readInvitation(ctx.hall, ctx.guess, input.token),

  acceptInvitation: async ({ ctx, input }) => {
    const actor = await ctx.authenticate();
    const signedIn = actor !== null && actor !== 'invalid' && actor.kind === 'person' ? actor : null;
    return acceptInvitation(ctx.hall, ctx.people, { requestId: ctx.requestId, guess: ctx.guess, signedIn }, input);
  },
};
