import { readJobs } from '@tenantree/db';
import { writeCsv } from '@tenantree/domain';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { readFile } from './job-files.ts';
import { ITEM_COLUMNS, namesOf, readItems } from './shown-items.ts';
import { kindsSeen, offeredWith, shownJob, stopJob, tryAgain } from './shown-jobs.ts';
import { previewUndo, undoJob } from './undo-job.ts';
import { watchJob } from './watch-job.ts';

/** Items that one part of a file has. */
const FILE_ROWS = 1_000;

export const jobs: Handlers<'jobs'> = {
  list: async ({ ctx, input: { limit, cursor } }) => {
    const { hall, access, jobs: all } = ctx;
    const place = `jobs:${access.id}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const kinds = kindsSeen(all, access).map(({ name }) => name);
    const found = await hall.db.withTenant(
      access.id,
      (trx) => readJobs(trx, { account: access.id, kinds, before, limit: limit + 1 }),
      { snapshot: true },
    );
    const rows = found.slice(0, limit).map((row) => shownJob(row, ctx));
    const last = found.length > limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
  },

  get: async ({ ctx, input: { job, limit, ...which } }) => {
    const { found, kind, kept, items, nextCursor } = await readItems(ctx, job, which, limit);
    return { job: offeredWith(shownJob(found, ctx), kind, ctx.access, kept), items, nextCursor };
  },

  export: async ({ ctx, input: { job, ...which } }) => {
    const { items, nextCursor } = await readItems(ctx, job, which, FILE_ROWS);
    return { filename: `job-${job}.csv`, csv: writeCsv(ITEM_COLUMNS, items), nextCursor };
  },

  // Each frame is the whole state: whoever comes back is sent the present one, whatever was last.
  live: ({ ctx, input, signal }) => watchJob(ctx, input.job, signal),

  cancel: async ({ ctx, input }) => ({
    job: shownJob(await stopJob(ctx, input.job), ctx),
  }),

  previewUndo: async ({ ctx, input }) => {
    const { hall, access } = ctx;
    const found = await previewUndo(ctx, input.job);
    const names = await hall.db.withTenant(
      access.id,
      (trx) =>
        namesOf(
          trx,
          found.map(({ account }) => ({ target: account })),
        ),
      { snapshot: true },
    );
    return {
      accounts: found.map(({ account, left, conflict = [] }) => ({
        account: { id: account, name: names.get(account) ?? '' },
        left,
        conflict,
      })),
    };
  },

  undo: async ({ ctx, input }) => ({ job: await undoJob(ctx, input.job) }),

  retry: async ({ ctx, input }) => ({ job: shownJob(await tryAgain(ctx, input.job, input.items), ctx) }),

  file: ({ ctx, input }) => readFile(ctx, input.job, input.cursor),
};
