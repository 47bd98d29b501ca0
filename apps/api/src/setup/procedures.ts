import { isClaimed } from '@tenantree/db';
import { z } from 'zod';
import { publicProcedure, router } from '../guard/procedure.ts';
import * as inputs from '../hall/inputs.ts';
import { claimDeployment, readClaim, refuseWhenClaimed } from './claim.ts';

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
      return claimDeployment(ctx.hall, ctx.people, ctx.requestId, claim);
    }),
});
