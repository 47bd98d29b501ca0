import { readAgents } from '@tenantree/db';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { createAgents } from './create-agents.ts';

export const agents: Handlers<'agents'> = {
  create: ({ ctx, input }) => createAgents(ctx.hall, ctx.caller, ctx.access, input.agents),

  list: async ({ ctx, input }) => {
    const kind = `agents:${ctx.access.id}`;
    const after = readCursor(ctx.hall.settings.secret, kind, rowPlace, input.cursor);
    const found = await ctx.hall.db.withTenant(
      ctx.access.id,
      (trx) => readAgents(trx, ctx.access.id, after, input.limit + 1),
      { snapshot: true },
    );
    const rows = found.slice(0, input.limit);
    const last = found.length > input.limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(ctx.hall.settings.secret, kind, last.id) : null };
  },
};
