import { readApiKeys } from '@tenantree/db';
import type { KeyId } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import * as inputs from '../hall/inputs.ts';
import { createApiKey, revokeKey } from './api-keys.ts';

const keyId = inputs.rowId.transform((id) => id as string as KeyId);

/** Parts of a subtree that a key can be kept to. */
const MOST_PARTS = 50;

export const keysRouter = router({
  list: accountProcedure.input(z.strictObject({ account: inputs.account })).query(async ({ ctx }) => ({
    keys: await ctx.hall.db.withTenant(ctx.access.id, (trx) => readApiKeys(trx, ctx.access.id), { snapshot: true }),
  })),

  create: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        name: inputs.text(0, 4_000),
        expiresAt: inputs.instant.nullable().optional(),
        scopes: z.union([z.literal('*'), z.record(z.string().max(100), z.string().max(20))]).optional(),
        within: z.array(inputs.account).min(1).max(MOST_PARTS).optional(),
      }),
    )
    .mutation(({ ctx, input }) => createApiKey(ctx.hall, ctx.caller, ctx.actor, ctx.access, input)),

  revoke: accountProcedure
    .input(z.strictObject({ account: inputs.account, id: keyId }))
    .mutation(async ({ ctx, input }) => {
      await revokeKey(ctx.hall, ctx.caller, ctx.access, input.id);
      return {};
    }),
});
