import { readAgents } from '@tenantree/db';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import * as inputs from '../hall/inputs.ts';
import { createAgents } from './create-agents.ts';

const MOST_AT_ONCE = 500;

export const agentsRouter = router({
  create: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        agents: z
          .array(z.strictObject({ name: inputs.text(0, 4_000), externalId: inputs.text(0, 400).optional() }))
          .min(1)
          .max(MOST_AT_ONCE),
      }),
    )
    .mutation(({ ctx, input }) => createAgents(ctx.hall, ctx.caller, ctx.access, input.agents)),

  list: accountProcedure
    .input(z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(500) }))
    .query(async ({ ctx, input }) => {
      const kind = `agents:${ctx.access.id}`;
      const after = readCursor(ctx.hall.settings.secret, kind, inputs.rowId, input.cursor);
      const found = await ctx.hall.db.withTenant(
        ctx.access.id,
        (trx) => readAgents(trx, ctx.access.id, after, input.limit + 1),
        { snapshot: true },
      );
      const rows = found.slice(0, input.limit);
      const last = found.length > input.limit ? rows.at(-1) : undefined;
      return { rows, nextCursor: last ? writeCursor(ctx.hall.settings.secret, kind, last.id) : null };
    }),
});
