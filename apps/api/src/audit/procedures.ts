import { readAudit } from '@tenantree/db';
import { auditSentence } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import * as inputs from '../hall/inputs.ts';

export const auditRouter = router({
  list: accountProcedure
    .input(z.strictObject({ account: inputs.account, cursor: inputs.cursor, limit: inputs.limit(200) }))
    .query(async ({ ctx, input }) => {
      const kind = `audit:${ctx.access.id}`;
      const before = readCursor(ctx.hall.settings.secret, kind, inputs.rowId, input.cursor);
      const found = await ctx.hall.db.withTenant(ctx.access.id, (trx) =>
        readAudit(trx, ctx.access.id, before, input.limit + 1),
      );
      const rows = found
        .slice(0, input.limit)
        .map((row) => ({ ...row, sentence: auditSentence(row.action, row.details) }));
      const last = found.length > input.limit ? rows.at(-1) : undefined;
      return { rows, nextCursor: last ? writeCursor(ctx.hall.settings.secret, kind, last.id) : null };
    }),
});
