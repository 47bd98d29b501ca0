import { readJobItems, readJobs } from '@tenantree/db';
import { z } from 'zod';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { findJob, kindsSeen, shownJob, stopJob } from './shown-jobs.ts';
import { watchJob } from './watch-job.ts';

const itemNumber = z.number().int();

export const jobs: Handlers<'jobs'> = {
  list: async ({ ctx: { hall, access, jobs: all }, input: { limit, cursor } }) => {
    const place = `jobs:${access.id}`;
    const before = readCursor(hall.settings.secret, place, rowPlace, cursor);
    const kinds = kindsSeen(all, access).map(({ name }) => name);
    const found = await hall.db.withTenant(
      access.id,
      (trx) => readJobs(trx, { account: access.id, kinds, before, limit: limit + 1 }),
      { snapshot: true },
    );
    const rows = found.slice(0, limit).map((row) => shownJob(row, all, hall.clock.nowMs()));
    const last = found.length > limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(hall.settings.secret, place, last.id) : null };
  },

  get: async ({ ctx, input: { job: id, state = null, cursor, limit } }) => {
    const { hall, access } = ctx;
    const place = `job:${id}:${state}`;
    const after = readCursor(hall.settings.secret, place, itemNumber, cursor) ?? 0;
    const found = await findJob(ctx, id);
    const items = await hall.db.withTenant(
      access.id,
      (trx) => readJobItems(trx, { account: access.id, job: id }, { state, after, limit: limit + 1 }),
      { snapshot: true },
    );
    const page = items.slice(0, limit);
    const last = items.length > limit ? page.at(-1) : undefined;
    return {
      job: shownJob(found, ctx.jobs, hall.clock.nowMs()),
      items: page,
      nextCursor: last ? writeCursor(hall.settings.secret, place, last.n) : null,
    };
  },

  // Each frame is the whole state: whoever comes back is sent the present one, whatever was last.
  live: ({ ctx, input, signal }) => watchJob(ctx, input.job, signal),

  cancel: async ({ ctx, input }) => ({
    job: shownJob(await stopJob(ctx, input.job), ctx.jobs, ctx.hall.clock.nowMs()),
  }),
};
