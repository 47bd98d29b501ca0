import type { AnswerOf, Contract } from '@tenantree/contract';
import { findAgents, readAgents } from '@tenantree/db';
import type { RowId } from '@tenantree/domain';
import { z } from 'zod';
import { longAnswer } from '../guard/long-answer.ts';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { createAgents } from './create-agents.ts';

/** Of a long answer the ids are kept: agents stay what they were made as, as long as their account is there. */
const created = longAnswer({
  kept: z.strictObject({ ids: z.array(z.string().transform((id) => id as RowId)), created: z.number() }),
  brief: ({ agents: made, ...answer }: AnswerOf<Contract['agents']['create']>) => ({
    ids: made.map(({ id }) => id),
    ...answer,
  }),
  again: async ({ hall, account }, { ids, ...answer }) => ({
    agents: await hall.db.withTenant(account, (trx) => findAgents(trx, account, ids), { snapshot: true }),
    ...answer,
  }),
});

export const agents: Handlers<'agents'> = {
  create: {
    does: ({ ctx, input }) => createAgents(ctx.hall, ctx.caller, ctx.access, input.agents),
    long: created,
  },

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
