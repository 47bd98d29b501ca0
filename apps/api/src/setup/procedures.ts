import { isClaimed } from '@tenantree/db';
import type { Handlers } from '../guard/procedure.ts';
import { refuseWith } from '../hall/refused.ts';
import { claimDeployment, readClaim, refuseWhenClaimed } from './claim.ts';

const VOID_LINK = 'This link is not valid. Use the one that the server printed last.';

export const setup: Handlers<'setup'> = {
  status: async ({ ctx }) => ({ claimed: await isClaimed(ctx.hall.db) }),

  claim: async ({ ctx, input }) => {
    const claim = readClaim(input);
    await refuseWhenClaimed(ctx.hall);
    const taken = await ctx.guess.link(() => claimDeployment(ctx.hall, ctx.people, ctx.requestId, claim));
    return taken ?? refuseWith('UNAUTHORIZED', VOID_LINK, 'token');
  },
};
