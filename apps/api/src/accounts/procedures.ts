import { CONTRACT } from '@tenantree/contract';
import { type DriftFilter, findOfferedBlueprint, type MinutesVisibility } from '@tenantree/db';
import { type AccountId, type AccountRow, type AccountSort, rowInPart } from '@tenantree/domain';
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
import { getAccount, listAccounts, searchAccounts } from './read-accounts.ts';
import { reactivateManyJob, suspendManyJob } from './status-jobs.ts';

const accountId = z.string().transform((text) => text as AccountId);
const pageKey = z.strictObject({ key: z.string(), id: accountId });
const searchKey = z.strictObject({ rank: z.number(), nameKey: z.string(), id: accountId });

/** Minutes belong to those who may see usage. */
const minutesFor = (access: Access): MinutesVisibility =>
  access.levels['billing.usage'] === 'full' ? 'with_minutes' : 'without_minutes';

/** Who is near a limit says how much is used. @throws Refused FORBIDDEN where the caller may not see that */
const seenLimits = <Filter>(access: Access, filter: Filter | undefined): Filter | undefined =>
  filter === undefined || minutesFor(access) === 'with_minutes'
    ? filter
    : refuseWith('FORBIDDEN', 'Who is near a limit is told to those who may see usage.', 'limits');

/** Only blueprints that are offered here are told of. @throws Refused NOT_FOUND */
async function seenBlueprint(
  { hall, access }: Seen,
  filter: DriftFilter | undefined,
): Promise<DriftFilter | undefined> {
  if (filter === undefined) return undefined;
  const find = hall.db.withTenant(access.id, (trx) => findOfferedBlueprint(trx, filter.id, null), { snapshot: true });
  return (await find) ? filter : refuseWith('NOT_FOUND', 'There is no such blueprint.', 'blueprint');
}
type Seen = { readonly hall: Hall; readonly access: Access };

/** Of a filter by blueprint, what tells its cursors from others. */
const named = (filter: DriftFilter | undefined): string => (filter ? `${filter.id}.${filter.drift}` : '');

/** An order that tells no more than the rows do: those whose minutes aren't shown are all alike. */
const seenOrder = (access: Access, sort: AccountSort): AccountSort =>
  sort === 'minutes' && minutesFor(access) === 'without_minutes' ? 'created' : sort;

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
    does: async ({ ctx, input }) => ({
      results: await createAccounts(ctx.hall, ctx.caller, ctx.access, input.accounts, input.mode),
    }),
    long: createdMany,
  },

  get: async ({ ctx: { hall, hub, access } }) => {
    const { chain, reached, levels, features } = access;
    const resumeIdOf = await hub.resumeIds(access.root);
    const detail = await getAccount(hall, access.id, { chain, reached, levels, features, minutes: minutesFor(access) });
    return { ...shownRow(access, detail), resumeId: resumeIdOf(detail.treeVersion) };
  },

  list: async ({ ctx, input }) => {
    const sort = seenOrder(ctx.access, input.sort);
    const kind = `list:${ctx.access.id}:${sort}:${input.direction}:${input.caps}:${input.limits}:${named(input.blueprint)}`;
    const after = readCursor(ctx.hall.settings.secret, kind, pageKey, input.cursor);
    const { direction, status: statuses, caps, limits, limit } = input;
    const blueprint = await seenBlueprint(ctx, input.blueprint);
    const query = { sort, direction, statuses, caps, limits: seenLimits(ctx.access, limits), blueprint, after, limit };
    const resumeIdOf = await ctx.hub.resumeIds(ctx.access.root);
    const { next, ...page } = await listAccounts(ctx.hall, ctx.access, query, minutesFor(ctx.access));
    return {
      ...shownPage(ctx.access, page),
      resumeId: resumeIdOf(page.treeVersion),
      nextCursor: next && writeCursor(ctx.hall.settings.secret, kind, next),
    };
  },

  search: async ({ ctx, input }) => {
    const { query: text, caps, limits, status: statuses, limit } = input;
    if (text === undefined && caps === undefined && limits === undefined && input.blueprint === undefined)
      refuseWith('BAD_REQUEST', 'Type something, or choose a filter.', 'query');
    const kind = `search:${ctx.access.id}:${caps}:${limits}:${named(input.blueprint)}:${text}`;
    const after = readCursor(ctx.hall.settings.secret, kind, searchKey, input.cursor);
    const blueprint = await seenBlueprint(ctx, input.blueprint);
    const query = { text, statuses, caps, limits: seenLimits(ctx.access, limits), blueprint, after, limit };
    const resumeIdOf = await ctx.hub.resumeIds(ctx.access.root);
    const { next, ...page } = await searchAccounts(ctx.hall, ctx.access.id, query, minutesFor(ctx.access));
    return {
      ...shownPage(ctx.access, page),
      resumeId: resumeIdOf(page.treeVersion),
      nextCursor: next && writeCursor(ctx.hall.settings.secret, kind, next),
    };
  },

  export: async ({ ctx: { hall, caller, access }, input: { query: text, limits, blueprint, ...input } }) => ({
    job: await exportAccounts(hall, caller, access, {
      ...input,
      text,
      limits: seenLimits(access, limits),
      blueprint: await seenBlueprint({ hall, access }, blueprint),
      visibility: minutesFor(access),
    }),
  }),

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
