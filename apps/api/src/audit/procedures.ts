import { AUDIT_KINDS, type AuditKind, auditActionsOf, writeCsv } from '@tenantree/domain';
import { z } from 'zod';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import { accountProcedure, router } from '../guard/procedure.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import type { Hall } from '../hall/hall.ts';
import * as inputs from '../hall/inputs.ts';
import { ENTRY_COLUMNS } from './entry-columns.ts';
import { type Entry, readEntries } from './read-entries.ts';
import { verifyJournal } from './verify-journal.ts';

/** Entries in one file; a longer log goes on in the next. */
const FILE_ROWS = 5_000;

/** Which entries are asked for. */
const asked = z.strictObject({
  account: inputs.account,
  /** `nested`: also those of every account below. */
  scope: z.enum(['own', 'nested']).default('own'),
  kind: z.enum(Object.keys(AUDIT_KINDS) as [AuditKind, ...AuditKind[]]).optional(),
  /** The person, key or embedded screen's key that did it. */
  actor: inputs.rowId.optional(),
  cursor: inputs.cursor,
});

type Call = { readonly hall: Hall; readonly actor: Actor; readonly access: Access };

/** Entries from where the cursor says, newest first, and where the next ones begin. */
async function pageOf(
  { hall, actor, access }: Call,
  { scope, cursor, ...asks }: z.output<typeof asked>,
  limit: number,
): Promise<{ readonly rows: Entry[]; readonly nextCursor: string | null }> {
  const kind = asks.kind ?? null;
  const by = asks.actor ?? null;
  const place = `audit:${access.id}:${scope}:${kind}:${by}`;
  const before = readCursor(hall.settings.secret, place, inputs.rowId, cursor);
  const found = await readEntries(hall, actor, access, {
    scope,
    actions: kind && auditActionsOf(kind),
    actor: by,
    before,
    limit: limit + 1,
  });
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
}

export const auditRouter = router({
  list: accountProcedure
    .input(asked.extend({ limit: inputs.limit(200) }))
    .query(({ ctx, input: { limit, ...input } }) => pageOf(ctx, input, limit)),

  export: accountProcedure.input(asked).query(async ({ ctx, input }) => {
    const { rows, nextCursor } = await pageOf(ctx, input, FILE_ROWS);
    return { filename: `activity-${ctx.access.id}.csv`, csv: writeCsv(ENTRY_COLUMNS, rows), nextCursor };
  }),

  verify: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        from: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
      }),
    )
    .query(({ ctx, input }) => verifyJournal(ctx.hall, ctx.access.id, input.from ?? null)),
});
