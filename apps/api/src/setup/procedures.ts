import { isClaimed } from '@tenantree/db';
import { z } from 'zod';
import { publicProcedure, router } from '../guard/procedure.ts';
import * as inputs from '../hall/inputs.ts';
import { refuseWith } from '../hall/refused.ts';
import { claimDeployment, readClaim, refuseWhenClaimed } from './claim.ts';

const VOID_LINK = 'This link is not valid. Use the one that the server printed last.';

export const setupRouter = router({
  status: publicProcedure.query(async ({ ctx }) => ({ claimed: await isClaimed(ctx.hall.db) })),

  claim: publicProcedure
    .input(
      z.strictObject({
        token: inputs.text(1, 200),
        name: inputs.text(0, 4_000),
        email: inputs.email,
        password: inputs.password,
        accountName: inputs.text(0, 4_000),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const claim = readClaim(input);
      await refuseWhenClaimed(ctx.hall);
      const taken = await ctx.guess.link(() => claimDeployment(ctx.hall, ctx.people, ctx.requestId, claim));
      return taken ?? refuseWith('UNAUTHORIZED', VOID_LINK, 'token');
    }),
});
