import type { JobConflict } from '@tenantree/contract';
import { type JobItemRow, readAccountNames, readJobItems, readJobs, type TenantTransaction } from '@tenantree/db';
import { type AccountId, isRecord } from '@tenantree/domain';
import { z } from 'zod';
import type { Handlers } from '../guard/procedure.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import { readFile } from './job-files.ts';
import { findJob, kindsSeen, offeredWith, shownJob, stopJob, tryAgain } from './shown-jobs.ts';
import { previewUndo, undoJob } from './undo-job.ts';
import { watchJob } from './watch-job.ts';

const itemNumber = z.number().int();

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

  get: async ({ ctx, input: { job: id, state = null, cursor, limit } }) => {
    const { hall, access, jobs: all } = ctx;
    const place = `job:${id}:${state}`;
    const after = readCursor(hall.settings.secret, place, itemNumber, cursor) ?? 0;
    const found = await findJob(ctx, id);
    const { items, names } = await hall.db.withTenant(
      access.id,
      async (trx) => {
        const items = await readJobItems(trx, { account: access.id, job: id }, { state, after, limit: limit + 1 });
        return { items, names: await namesOf(trx, items) };
      },
      { snapshot: true },
    );
    const kind = all.find(({ name }) => name === found.kind);
    const page = items.slice(0, limit).map(({ payload, ...item }) => ({
      ...item,
      ...(kind?.guard?.isHidden(access, payload)
        ? hiddenItem(item)
        : { ...conflictIn(item), error: toldOf(item), about: kind?.about?.(payload) ?? null }),
      name: nameOf(names, item.target),
    }));
    const last = items.length > limit ? page.at(-1) : undefined;
    return {
      job: offeredWith(shownJob(found, ctx), kind, access, items),
      items: page,
      nextCursor: last ? writeCursor(hall.settings.secret, place, last.n) : null,
    };
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

  retry: async ({ ctx, input }) => ({ job: shownJob(await tryAgain(ctx, input.job), ctx) }),

  file: ({ ctx, input }) => readFile(ctx, input.job, input.cursor),
};

/** Why an item failed, in a sentence: what else a refusal says is for whoever calls. */
const toldOf = ({ error }: Pick<JobItemRow, 'error'>): JobItemRow['error'] =>
  error && { code: error.code, message: error.message, ...(error.field !== undefined && { field: error.field }) };

/** What is told of an item that is about something that is hidden: that there is one, and how it ended. */
const hiddenItem = ({ error }: Pick<JobItemRow, 'error'>) => ({
  about: [],
  result: null,
  conflict: [],
  error: error && { code: error.code, message: 'What it was about is not for you to see.' },
});

/** What of its result an item tells apart. */
function conflictIn({
  result,
}: Pick<JobItemRow, 'result'>): Pick<JobItemRow, 'result'> & { readonly conflict: readonly JobConflict[] } {
  if (!isRecord(result) || !Array.isArray(result['conflict'])) return { result, conflict: [] };
  const { conflict, ...rest } = result;
  // As `skippedBecause` wrote it.
  return { result: rest, conflict: conflict as readonly JobConflict[] };
}

/** What the accounts are called that items are about. */
async function namesOf(
  trx: TenantTransaction,
  items: readonly { readonly target: AccountId | null }[],
): Promise<ReadonlyMap<AccountId, string>> {
  const targets = items.flatMap(({ target }) => (target === null ? [] : [target]));
  return new Map((await readAccountNames(trx, targets)).map(({ id, name }) => [id, name]));
}

const nameOf = (names: ReadonlyMap<AccountId, string>, target: AccountId | null): string | null =>
  target === null ? null : (names.get(target) ?? null);
