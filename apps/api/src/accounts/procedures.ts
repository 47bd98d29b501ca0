import { CONTRACT } from '@tenantree/contract';
import { findOfferedBlueprint, type MinutesVisibility } from '@tenantree/db';
import {
  type AccountFilters,
  type AccountId,
  type AccountRow,
  type AccountSort,
  FILTER_NAMES,
  isFiltered,
  rowInPart,
} from '@tenantree/domain';
import { z } from 'zod';
import { type Access, admit } from '../guard/admit.ts';
import type { Handlers } from '../guard/procedure.ts';
import { seesWholeWay } from '../guard/reach.ts';
import { readCursor, rowPlace, writeCursor } from '../hall/cursor.ts';
import type { Hall } from '../hall/hall.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { enqueueForEach } from '../jobs/enqueue.ts';
import { watchAccounts } from './accounts-channel.ts';
import { renameAccount, setMetadata, setProtection } from './change-account.ts';
import { closeAccount, previewSuspension, reactivateAccount, reopenAccount, suspendAccount } from './change-status.ts';
import { createAccounts, createdMany, createSubaccount } from './create-accounts.ts';
import { createMainAccount } from './create-main-account.ts';
import { noteVisit, readEntriesFromAbove } from './enter-account.ts';
import { exportAccounts } from './export-accounts.ts';
import { moveAccount } from './move-account.ts';
import { getAccount, listAccounts, listFlat, searchAccounts } from './read-accounts.ts';
import { reactivateManyJob, suspendManyJob } from './status-jobs.ts';

const accountId = z.string().transform((text) => text as AccountId);
const pageKey = z.strictObject({ key: z.string(), id: accountId });
const searchKey = z.strictObject({ rank: z.number(), nameKey: z.string(), id: accountId });

/** Minutes belong to those who may see usage. */
const minutesFor = (access: Access): MinutesVisibility =>
  access.levels['billing.usage'] === 'full' ? 'with_minutes' : 'without_minutes';

/** Who is near a limit says how much is used, and who is active that something is. @throws Refused FORBIDDEN where the caller may not see that */
function requireSeenUsage(access: Access, { limits, activity }: Pick<AccountFilters, 'limits' | 'activity'>): void {
  if (minutesFor(access) === 'with_minutes') return;
  if (limits !== undefined)
    refuseWith('FORBIDDEN', 'Who is near a limit is told to those who may see usage.', 'limits');
  if (activity !== undefined) refuseWith('FORBIDDEN', 'Who is active is told to those who may see usage.', 'activity');
}

/** Only blueprints that are offered here are told of. @throws Refused NOT_FOUND, BAD_REQUEST */
async function requireOffered(
  { hall, access }: { readonly hall: Hall; readonly access: Access },
  { blueprint, drift }: AccountFilters,
): Promise<void> {
  if (blueprint === undefined && drift !== undefined)
    refuseWith('BAD_REQUEST', 'Name the blueprint that they stand so to.', 'blueprint');
  if (blueprint === undefined) return;
  const find = hall.db.withTenant(access.id, (trx) => findOfferedBlueprint(trx, blueprint, null), { snapshot: true });
  if (!(await find)) refuseWith('NOT_FOUND', 'There is no such blueprint.', 'blueprint');
}

/** An order that tells no more than the rows do: those whose minutes aren't shown are all alike. */
const seenOrder = (access: Access, sort: AccountSort): AccountSort =>
  sort === 'minutes' && minutesFor(access) === 'without_minutes' ? 'created' : sort;

/** Filters as a cursor holds them. */
const writtenOf = (filters: AccountFilters): string =>
  JSON.stringify(FILTER_NAMES.map((name) => filters[name] ?? null));

/** A row as a caller may see it. */
const shownRow = <Row extends AccountRow>(access: Access, row: Row): Row =>
  seesWholeWay(access) ? row : rowInPart(row, access.reached[0]);

const shownPage = <Page extends { readonly rows: readonly AccountRow[] }>(access: Access, page: Page) => ({
  ...page,
  rows: page.rows.map((row) => shownRow(access, row)),
});

/** The answer of what changes the acting account: its row. */
const shownAnswer = async ({ access }: { readonly access: Access }, row: Promise<AccountRow>): Promise<AccountRow> =>
  shownRow(access, await row);

export const accounts: Handlers<'accounts'> = {
  createMain: ({ ctx, input }) => createMainAccount(ctx.hall, ctx.caller, input),

  create: async ({ ctx, input: { blueprint, ...input } }) => {
    const { hall, caller, access } = ctx;
    const { account, created } = blueprint
      ? await hall.setUp(ctx, blueprint, (setUp) => createSubaccount(hall, caller, access, input, setUp))
      : await createSubaccount(hall, caller, access, input);
    return { account: shownRow(ctx.access, account), created };
  },

  createMany: {
    does: async ({ ctx, input: { blueprint, accounts: entries, mode } }) => {
      const { hall, caller, access } = ctx;
      const batch = { entries, mode };
      return {
        results: blueprint
          ? await hall.setUp(ctx, blueprint, (setUp) => createAccounts(hall, caller, access, batch, setUp))
          : await createAccounts(hall, caller, access, batch),
      };
    },
    long: createdMany,
  },

  get: async ({ ctx: { hall, hub, access } }) => {
    const { chain, reached, levels, features } = access;
    const resumeIdOf = await hub.resumeIds(access.root);
    const detail = await getAccount(hall, access.id, { chain, reached, levels, features, minutes: minutesFor(access) });
    return { ...shownRow(access, detail), resumeId: resumeIdOf(detail.treeVersion) };
  },

  list: async ({ ctx, input }) => {
    const { account: _, sort: asked, direction, status: statuses, cursor, limit, ...filters } = input;
    await requireOffered(ctx, filters);
    requireSeenUsage(ctx.access, filters);
    const sort = seenOrder(ctx.access, asked);
    const kind = `list:${ctx.access.id}:${sort}:${direction}:${writtenOf(filters)}`;
    const after = readCursor(ctx.hall.settings.secret, kind, pageKey, cursor);
    const query = {
      ...filters,
      sort,
      direction,
      statuses,
      after,
      limit,
    };
    const resumeIdOf = await ctx.hub.resumeIds(ctx.access.root);
    const { next, ...page } = await listAccounts(ctx.hall, ctx.access, query, minutesFor(ctx.access));
    return {
      ...shownPage(ctx.access, page),
      resumeId: resumeIdOf(page.treeVersion),
      nextCursor: next && writeCursor(ctx.hall.settings.secret, kind, next),
    };
  },

  search: async ({ ctx, input }) => {
    const {
      account: _,
      query: text,
      sort: asked,
      direction,
      status: statuses,
      cursor,
      limit,
      under,
      ...filters
    } = input;
    const { hall, access } = ctx;
    await requireOffered(ctx, filters);
    if (text === undefined && asked === undefined && under === undefined && !isFiltered(filters))
      refuseWith('BAD_REQUEST', 'Type something, or choose a filter or an order.', 'query');
    requireSeenUsage(access, filters);
    const sought = { ...filters, text, under, statuses, limit };
    const kind = `search:${access.id}:${writtenOf(filters)}:${under}:${text}`;
    const { secret } = hall.settings;
    const resumeIdOf = await ctx.hub.resumeIds(access.root);
    if (asked === undefined) {
      const after = readCursor(secret, kind, searchKey, cursor);
      const { next, ...page } = await searchAccounts(hall, access.id, { ...sought, after }, minutesFor(access));
      const nextCursor = next && writeCursor(secret, kind, next);
      return { ...shownPage(access, page), resumeId: resumeIdOf(page.treeVersion), nextCursor };
    }
    const sort = seenOrder(access, asked);
    const flat = `${kind}:${sort}:${direction}`;
    const after = readCursor(secret, flat, pageKey, cursor);
    const query = { ...sought, sort, direction, after };
    const { next, ...page } = await listFlat(hall, access.id, query, minutesFor(access));
    const nextCursor = next && writeCursor(secret, flat, next);
    return { ...shownPage(access, page), resumeId: resumeIdOf(page.treeVersion), nextCursor };
  },

  export: async ({ ctx: { hall, caller, access }, input: { query: text, ...input } }) => {
    await requireOffered({ hall, access }, input);
    requireSeenUsage(access, input);
    const wish = { ...input, text, visibility: minutesFor(access) };
    return { job: await exportAccounts(hall, caller, access, wish) };
  },

  live: ({ ctx, input, signal }) => watchAccounts(ctx, input, signal),

  rename: ({ ctx, input }) => shownAnswer(ctx, renameAccount(ctx.hall, ctx.caller, ctx.access, input.name)),

  setMetadata: ({ ctx, input }) => setMetadata(ctx.hall, ctx.caller, ctx.access, input.metadata),

  previewSuspension: ({ ctx }) => previewSuspension(ctx.hall, ctx.access.id),

  suspend: ({ ctx, input }) => {
    const { kind, from = null, until = null, reason = null } = input;
    return shownAnswer(ctx, suspendAccount(ctx.hall, ctx.caller, ctx.access, { kind, from, until, reason }));
  },

  suspendMany: ({ ctx: { hall, caller, access }, input }) => {
    const { kind, reason = null } = input;
    return enqueueForEach(hall, caller, access, input.accounts, suspendManyJob, (account) => ({
      account,
      kind,
      reason,
    }));
  },

  reactivateMany: ({ ctx: { hall, caller, access }, input }) =>
    enqueueForEach(hall, caller, access, input.accounts, reactivateManyJob, (account) => ({ account })),

  reactivate: ({ ctx }) => shownAnswer(ctx, reactivateAccount(ctx.hall, ctx.caller, ctx.access)),

  close: ({ ctx }) => shownAnswer(ctx, closeAccount(ctx.hall, ctx.caller, ctx.access)),

  reopen: ({ ctx }) => shownAnswer(ctx, reopenAccount(ctx.hall, ctx.caller, ctx.access)),

  setProtection: ({ ctx, input }) =>
    shownAnswer(ctx, setProtection(ctx.hall, ctx.caller, ctx.access, input.protection)),

  move: async ({ ctx, input }) => {
    // The new parent is a place where a subaccount is made: the same permission as for creating one there.
    const to = granted(await admit(ctx.hall, ctx.actor, input.to, CONTRACT.accounts.create.needs));
    const common = ctx.access.path.filter((id) => to.path.includes(id)).at(-1);
    if (common === undefined)
      refuseWith(
        'MOVE_ACROSS_TREES',
        `“${ctx.access.name}” and “${to.name}” are not under the same main account.`,
        'to',
      );
    return shownRow(ctx.access, await moveAccount(ctx.hall, ctx.caller, ctx.access, to.id, common));
  },

  entries: async ({ ctx: { hall, access }, input }) => {
    const kind = `entries:${access.id}`;
    const before = readCursor(hall.settings.secret, kind, rowPlace, input.cursor);
    const found = await readEntriesFromAbove(hall, access, before, input.limit + 1);
    const rows = found.slice(0, input.limit);
    const last = found.length > input.limit ? rows.at(-1) : undefined;
    return { rows, nextCursor: last ? writeCursor(hall.settings.secret, kind, last.id) : null };
  },

  enter: async ({ ctx }) => {
    await noteVisit(ctx.hall, ctx.caller, ctx.access, 'account.entered');
    return {};
  },

  leave: async ({ ctx }) => {
    await noteVisit(ctx.hall, ctx.caller, ctx.access, 'account.left');
    return {};
  },
};
