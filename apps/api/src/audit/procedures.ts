import { AUDIT_KINDS, type AuditKind, auditActionsOf } from '@tenantree/domain';
import { z } from 'zod';
import { accountProcedure, router } from '../guard/procedure.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import * as inputs from '../hall/inputs.ts';
import { readEntries } from './read-entries.ts';

/** Which entries are asked for. */
const asked = {
  account: inputs.account,
  /** `nested`: also those of every account below. */
  scope: z.enum(['own', 'nested']).default('own'),
  kind: z.enum(Object.keys(AUDIT_KINDS) as [AuditKind, ...AuditKind[]]).optional(),
  /** The person, key or embedded screen's key that did it. */
  actor: inputs.rowId.optional(),
};

export const auditRouter = router({
  list: accountProcedure
    .input(z.strictObject({ ...asked, cursor: inputs.cursor, limit: inputs.limit(200) }))
    .query(async ({ ctx, input }) => {
      const { hall, access } = ctx;
      const { scope, kind = null, actor = null, limit } = input;
      const place = `audit:${access.id}:${scope}:${kind}:${actor}`;
      const before = readCursor(hall.settings.secret, place, inputs.rowId, input.cursor);
      const found = await readEntries(hall, ctx.actor, access, {
        scope,
        actions: kind && auditActionsOf(kind),
        actor,
        before,
        limit: limit + 1,
      });
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
    }),
});
