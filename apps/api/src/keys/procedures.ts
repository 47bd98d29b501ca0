import { readApiKeys } from '@tenantree/db';
import type { KeyId } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import * as inputs from '../hall/inputs.ts';
import { createApiKey, revokeKey } from './api-keys.ts';

const keyId = inputs.rowId.transform((id) => id as string as KeyId);

export const keysRouter = router({
  list: accountProcedure.input(z.strictObject({ account: inputs.account })).query(async ({ ctx }) => ({
    keys: await ctx.hall.db.withTenant(ctx.access.id, (trx) => readApiKeys(trx, ctx.access.id)),
  })),

  create: accountProcedure
    .input(
      z.strictObject({ account: inputs.account, name: inputs.text(0, 4_000), expiresAt: inputs.instant.optional() }),
    )
    .mutation(({ ctx, input }) =>
      createApiKey(ctx.hall, ctx.caller, ctx.access, { name: input.name, expiresAt: input.expiresAt ?? null }),
    ),

  revoke: accountProcedure
    .input(z.strictObject({ account: inputs.account, id: keyId }))
    .mutation(async ({ ctx, input }) => {
      await revokeKey(ctx.hall, ctx.caller, ctx.access, input.id);
      return {};
    }),
});
