import { readApiKeys } from '@tenantree/db';
import type { Handlers } from '../guard/procedure.ts';
import { createApiKey, revokeKey } from './api-keys.ts';

export const keys: Handlers<'keys'> = {
  list: async ({ ctx }) => ({
    keys: await ctx.hall.db.withTenant(ctx.access.id, (trx) => readApiKeys(trx, ctx.access.id), { snapshot: true }),
  }),

  create: ({ ctx, input }) => createApiKey(ctx.hall, ctx.caller, ctx.actor, ctx.access, input),

  revoke: async ({ ctx, input }) => {
    await revokeKey(ctx.hall, ctx.caller, ctx.access, input.id);
    return {};
  },
};
