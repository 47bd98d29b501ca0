import type { AskedEntries, AuditLogEntry } from '@tenantree/contract';
import { auditActionsOf, writeCsv } from '@tenantree/domain';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import type { Hall } from '../hall/hall.ts';
import { ENTRY_COLUMNS } from './entry-columns.ts';
import { readEntries } from './read-entries.ts';
import { verifyJournal } from './verify-journal.ts';

/** Entries in one file; a longer log goes on in the next. */
const FILE_ROWS = 5_000;

type Reader = { readonly hall: Hall; readonly actor: Actor; readonly access: Access };

/** Entries from where the cursor says, newest first, and where the next ones begin. */
async function pageOf(
  { hall, actor, access }: Reader,
  { scope, cursor, ...asks }: AskedEntries,
  limit: number,
): Promise<{ readonly rows: AuditLogEntry[]; readonly nextCursor: string | null }> {
  const kind = asks.kind ?? null;
  const by = asks.actor ?? null;
  const place = `audit:${access.id}:${scope}:${kind}:${by}`;
  const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
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

export const audit: Handlers<'audit'> = {
  list: ({ ctx, input: { limit, ...input } }) => pageOf(ctx, input, limit),

  export: async ({ ctx, input }) => {
    const { rows, nextCursor } = await pageOf(ctx, input, FILE_ROWS);
    return { filename: `activity-${ctx.access.id}.csv`, csv: writeCsv(ENTRY_COLUMNS, rows), nextCursor };
  },

  verify: ({ ctx, input }) => verifyJournal(ctx.hall, ctx.access.id, input.from ?? null),
};
