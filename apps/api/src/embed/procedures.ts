import { grantEmbed } from '@tenantree/domain';
import type { Handlers } from '../guard/procedure.ts';
import { createEmbedToken } from './create-token.ts';

export const embed: Handlers<'embed'> = {
  createToken: ({ ctx, input: { origin, userRef, ttlSeconds, ...wish } }) =>
    createEmbedToken(ctx.hall, ctx.caller, ctx.actor, ctx.access, {
      origin,
      grant: grantEmbed(wish),
      userRef,
      ttlSeconds,
    }),
};
