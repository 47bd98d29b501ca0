import { readInvitations, readMembers } from '@tenantree/db';
import { ROLES, type UserId } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, publicProcedure, router } from '../guard/procedure.ts';
import { nowOf } from '../hall/hall.ts';
import * as inputs from '../hall/inputs.ts';
import { refuseWith } from '../hall/refused.ts';
import { changeRole, removeMember } from './change-member.ts';
import { acceptInvitation, inviteMember, readInvitation, revokeInvitation } from './invitations.ts';

const role = z.enum(ROLES);
const userId = inputs.rowId.transform((id) => id as string as UserId);
const token = inputs.text(1, 200);

export const membersRouter = router({
  list: accountProcedure.input(z.strictObject({ account: inputs.account })).query(({ ctx }) =>
    ctx.hall.db.withTenant(
      ctx.access.id,
      async (trx) => ({
        members: await readMembers(trx, ctx.access.id),
        invitations: await readInvitations(trx, ctx.access.id, nowOf(ctx.hall)),
      }),
      { user: ctx.caller.user, snapshot: true },
    ),
  ),

  invite: accountProcedure
    .input(z.strictObject({ account: inputs.account, email: inputs.email, role }))
    .mutation(({ ctx, input }) => inviteMember(ctx.hall, ctx.caller, ctx.access, input)),

  revokeInvitation: accountProcedure
    .input(z.strictObject({ account: inputs.account, id: inputs.rowId }))
    .mutation(async ({ ctx, input }) => {
      await revokeInvitation(ctx.hall, ctx.caller, ctx.access, input.id);
      return {};
    }),

  setRole: accountProcedure
    .input(z.strictObject({ account: inputs.account, userId, role }))
    .mutation(async ({ ctx, input }) => {
      await changeRole(ctx.hall, ctx.caller, ctx.access, input.userId, input.role);
      return {};
    }),

  remove: accountProcedure
    .input(z.strictObject({ account: inputs.account, userId }))
    .mutation(async ({ ctx, input }) => {
      await removeMember(ctx.hall, ctx.caller, ctx.access, input.userId);
      return {};
    }),

  leave: accountProcedure.input(z.strictObject({ account: inputs.account })).mutation(async ({ ctx }) => {
    if (ctx.actor.kind !== 'person') refuseWith('FORBIDDEN', 'Only a signed-in person can leave an account.');
    await removeMember(ctx.hall, ctx.caller, ctx.access, ctx.caller.user);
    return {};
  }),

  invitation: publicProcedure
    .input(z.strictObject({ token }))
    .query(({ ctx, input }) => readInvitation(ctx.hall, ctx.guess, input.token)),

  acceptInvitation: publicProcedure
    .input(
      z.strictObject({
        token,
        name: inputs.text(0, 4_000).optional(),
        password: inputs.password.optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const actor = await ctx.authenticate();
      const signedIn = actor !== null && actor !== 'invalid' && actor.kind === 'person' ? actor : null;
      return acceptInvitation(ctx.hall, ctx.people, { requestId: ctx.requestId, guess: ctx.guess, signedIn }, input);
    }),
});
