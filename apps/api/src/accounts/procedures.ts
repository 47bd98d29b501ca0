import { ACCOUNT_SORTS, type MinutesVisibility } from '@tenantree/db';
import { type AccountId, type AccountRow, rowInPart, SUSPENSION_KINDS } from '@tenantree/domain';
import { z } from 'zod';
import { type Access, admit } from '../guard/admit.ts';
import { accountProcedure, router, signedInProcedure } from '../guard/procedure.ts';
import { seesWholeWay } from '../guard/reach.ts';
import { readCursor, writeCursor } from '../hall/cursor.ts';
import * as inputs from '../hall/inputs.ts';
import { granted, refuseWith } from '../hall/refused.ts';
import { watchAccounts } from './accounts-channel.ts';
import { renameAccount, setMetadata, setProtection } from './change-account.ts';
import { closeAccount, previewSuspension, reactivateAccount, reopenAccount, suspendAccount } from './change-status.ts';
import { createMainAccount, createSubaccount } from './create-account.ts';
import { noteVisit } from './enter-account.ts';
import { moveAccount } from './move-account.ts';
import { getAccount, listAccounts, searchAccounts } from './read-accounts.ts';

const onlyAccount = z.strictObject({ account: inputs.account });
const details = {
  name: inputs.text(0, 4_000),
  externalId: inputs.text(0, 400).optional(),
  metadata: z.json().optional(),
};
const statuses = z
  .array(z.enum(['active', 'suspended', 'closed']))
  .min(1)
  .max(3)
  .default(['active', 'suspended']);
const accountId = z.string().transform((text) => text as AccountId);
const pageKey = z.strictObject({ key: z.string(), id: accountId });
const searchKey = z.strictObject({ rank: z.number(), nameKey: z.string(), id: accountId });

/** Minutes belong to those who may see usage. */
const minutesFor = (access: Access): MinutesVisibility =>
  access.levels['billing.usage'] === 'full' ? 'with_minutes' : 'without_minutes';

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

export const accountsRouter = router({
  createMain: signedInProcedure.input(z.strictObject(details)).mutation(({ ctx, input }) => {
    if (ctx.actor.kind !== 'person') refuseWith('FORBIDDEN', 'Only a signed-in person can create a main account.');
    return createMainAccount(ctx.hall, ctx.caller, input);
  }),

  create: accountProcedure
    .input(z.strictObject({ account: inputs.account, ...details }))
    .mutation(async ({ ctx, input }) => {
      const { account, created } = await createSubaccount(ctx.hall, ctx.caller, ctx.access, input);
      return { account: shownRow(ctx.access, account), created };
    }),

  get: accountProcedure.input(onlyAccount).query(async ({ ctx: { hall, access } }) => {
    const { chain, reached, levels, features } = access;
    const detail = await getAccount(hall, access.id, { chain, reached, levels, features, minutes: minutesFor(access) });
    return shownRow(access, detail);
  }),

  list: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        sort: z.enum(ACCOUNT_SORTS).default('name'),
        direction: z.enum(['asc', 'desc']).default('asc'),
        status: statuses,
        cursor: inputs.cursor,
        limit: inputs.limit(200),
      }),
    )
    .query(async ({ ctx, input }) => {
      const kind = `list:${ctx.access.id}:${input.sort}:${input.direction}`;
      const after = readCursor(ctx.hall.settings.secret, kind, pageKey, input.cursor);
      const query = { sort: input.sort, direction: input.direction, statuses: input.status, after, limit: input.limit };
      const { next, ...page } = await listAccounts(ctx.hall, ctx.access.id, query, minutesFor(ctx.access));
      return { ...shownPage(ctx.access, page), nextCursor: next && writeCursor(ctx.hall.settings.secret, kind, next) };
    }),

  search: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        query: z.string().trim().min(1).max(120),
        status: statuses,
        cursor: inputs.cursor,
        limit: inputs.limit(200),
      }),
    )
    .query(async ({ ctx, input }) => {
      const kind = `search:${ctx.access.id}:${input.query}`;
      const after = readCursor(ctx.hall.settings.secret, kind, searchKey, input.cursor);
      const query = { query: input.query, statuses: input.status, after, limit: input.limit };
      const { next, ...page } = await searchAccounts(ctx.hall, ctx.access.id, query, minutesFor(ctx.access));
      return { ...shownPage(ctx.access, page), nextCursor: next && writeCursor(ctx.hall.settings.secret, kind, next) };
    }),

  live: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        accounts: inputs.watched.optional(),
        childrenOf: inputs.watched.optional(),
        lastEventId: z.string().max(80).optional(),
      }),
    )
    .subscription(({ ctx, input, signal }) => watchAccounts(ctx, input, signal)),

  rename: accountProcedure
    .input(z.strictObject({ account: inputs.account, name: details.name }))
    .mutation(({ ctx, input }) => shownAnswer(ctx, renameAccount(ctx.hall, ctx.caller, ctx.access, input.name))),

  setMetadata: accountProcedure
    .input(z.strictObject({ account: inputs.account, metadata: z.json() }))
    .mutation(({ ctx, input }) => setMetadata(ctx.hall, ctx.caller, ctx.access, input.metadata)),

  previewSuspension: accountProcedure.input(onlyAccount).query(({ ctx }) => previewSuspension(ctx.hall, ctx.access.id)),

  suspend: accountProcedure
    .input(
      z.strictObject({
        account: inputs.account,
        kind: z.enum(SUSPENSION_KINDS).default('read_only'),
        from: inputs.instant.optional(),
        until: inputs.instant.optional(),
        reason: inputs.line(500).optional(),
      }),
    )
    .mutation(({ ctx, input }) => {
      const { kind, from = null, until = null, reason = null } = input;
      return shownAnswer(ctx, suspendAccount(ctx.hall, ctx.caller, ctx.access, { kind, from, until, reason }));
    }),

  reactivate: accountProcedure
    .input(onlyAccount)
    .mutation(({ ctx }) => shownAnswer(ctx, reactivateAccount(ctx.hall, ctx.caller, ctx.access))),

  close: accountProcedure
    .input(onlyAccount)
    .mutation(({ ctx }) => shownAnswer(ctx, closeAccount(ctx.hall, ctx.caller, ctx.access))),

  reopen: accountProcedure
    .input(onlyAccount)
    .mutation(({ ctx }) => shownAnswer(ctx, reopenAccount(ctx.hall, ctx.caller, ctx.access))),

  setProtection: accountProcedure
    .input(z.strictObject({ account: inputs.account, protection: z.enum(['on', 'off']) }))
    .mutation(({ ctx, input }) => shownAnswer(ctx, setProtection(ctx.hall, ctx.caller, ctx.access, input.protection))),

  move: accountProcedure
    .input(z.strictObject({ account: inputs.account, to: inputs.account }))
    .mutation(async ({ ctx, input }) => {
      // The new parent is a place where a subaccount is made: the same permission as for creating one there.
      const to = granted(await admit(ctx.hall, ctx.actor, input.to, 'accounts.create'));
      const common = ctx.access.path.filter((id) => to.path.includes(id)).at(-1);
      if (common === undefined)
        refuseWith(
          'MOVE_ACROSS_TREES',
          `“${ctx.access.name}” and “${to.name}” are not under the same main account.`,
          'to',
        );
      return shownRow(ctx.access, await moveAccount(ctx.hall, ctx.caller, ctx.access, to.id, common));
    }),

  enter: accountProcedure.input(onlyAccount).mutation(async ({ ctx }) => {
    await noteVisit(ctx.hall, ctx.caller, ctx.access, 'account.entered');
    return {};
  }),

  leave: accountProcedure.input(onlyAccount).mutation(async ({ ctx }) => {
    await noteVisit(ctx.hall, ctx.caller, ctx.access, 'account.left');
    return {};
  }),
});
