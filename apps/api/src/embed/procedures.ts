import { EMBED_FEATURES, grantEmbed } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import * as inputs from '../hall/inputs.ts';
import { refuseWith } from '../hall/refused.ts';
import { createEmbedToken } from './create-token.ts';

export const embedRouter = router({
  createToken: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        origin: inputs.text(1, 300),
        access: z.enum(['read', 'full']).optional(),
        features: z.array(z.enum(EMBED_FEATURES)).min(1).max(EMBED_FEATURES.length).optional(),
        userRef: inputs.line(200),
        ttlSeconds: z.number().int().min(60).max(3_600).default(900),
      }),
    )
    .mutation(({ ctx, input: { origin, userRef, ttlSeconds, ...wish } }) => {
      if (ctx.actor.kind !== 'key') refuseWith('FORBIDDEN', 'Embed tokens are made with an API key, by your backend.');
      const grant = grantEmbed(wish);
      return createEmbedToken(ctx.hall, ctx.caller, ctx.actor, ctx.access, { origin, grant, userRef, ttlSeconds });
    }),
});
