import type { JobAsker, TenantTransaction } from '@tenantree/db';
import type { AccountId } from '@tenantree/domain';
import type { Handlers } from '../guard/procedure.ts';
import type { Caller } from '../hall/hall.ts';
import { refuseWith } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';
import { enqueue } from '../jobs/enqueue.ts';
import { acquire, release, renew } from './acquire.ts';
import { checkLimit, limitsOf, readState, shownDefault, whatIf } from './read-limits.ts';
import { foreseeLimits, setLimitDefaults, setLimits } from './set-limits.ts';
import { setManyLimitsJob } from './set-many-job.ts';
import { watchLimits } from './watch-limits.ts';

/** Accounts below the acting one: nobody sets their own. @throws Refused NOT_FOUND, BAD_REQUEST */
async function below(trx: TenantTransaction, acting: AccountId, asked: readonly string[]): Promise<AccountId[]> {
  const accounts = [...new Set(await resolveAll(trx, asked, 'accounts'))];
  if (accounts.includes(acting)) refuseWith('BAD_REQUEST', 'Limits of an account are set from above it.', 'accounts');
  return accounts;
}

const askerOf = ({ actor, user, key, requestId }: Caller): JobAsker => ({ actor, user, key, requestId });

export const limits: Handlers<'limits'> = {
  get: ({ ctx }) => limitsOf(ctx.hall, ctx.access),

  set: async ({ ctx: { hall, caller, access }, input }) => {
    const acting = access.parent?.id ?? access.id;
    await hall.usageDoor.settle(access.id);
    return hall.change(caller, { root: access.root, acting }, async (scope) => {
      await setLimits(scope, access.id, input.limits);
      return readState(hall, scope.trx, access);
    });
  },

  setMany: ({ ctx: { hall, caller, access }, input }) =>
    hall.change(caller, { root: access.root, acting: access.id }, async (change) => {
      const accounts = await below(change.trx, access.id, input.accounts);
      const items = accounts.map((account) => ({
        payload: { account, root: access.root, limits: input.limits },
        target: account,
      }));
      const job = await enqueue(hall, change, setManyLimitsJob, { by: askerOf(caller), account: access.id, items });
      return { job: job ?? refuseWith('BAD_REQUEST', 'Name accounts.', 'accounts') };
    }),

  setDefaults: ({ ctx: { hall, caller, access }, input }) =>
    hall.change(caller, { root: access.root, acting: access.id }, async (scope) => ({
      defaults: (await setLimitDefaults(scope, access.id, input.limits)).map(shownDefault),
    })),

  preview: ({ ctx: { hall, access }, input }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const accounts = await below(trx, access.id, input.accounts);
        const seen = access.levels['billing.usage'] === 'full' ? 'usage' : 'no usage';
        return { accounts: await foreseeLimits(hall, trx, accounts, input.limits, seen) };
      },
      { snapshot: true },
    ),

  check: ({ ctx, input }) => checkLimit(ctx.hall, ctx.access, input),

  acquire: async ({ ctx, input }) => ({ granted: await acquire(ctx.hall, ctx.access, input) }),

  renew: async ({ ctx, input }) => {
    await renew(ctx.hall, ctx.access, input.key, input.leaseSeconds);
    return {};
  },

  release: async ({ ctx, input }) => {
    await release(ctx.hall, ctx.access, input.kind, input.key);
    return {};
  },

  whatIf: ({ ctx, input }) => whatIf(ctx.hall, ctx.access.id, input.kind, input.max),

  live: ({ ctx, signal }) => watchLimits(ctx, signal),
};
