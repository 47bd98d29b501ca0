import type { Handlers } from '../guard/procedure.ts';
import { accountsBelow, enqueueForEach } from '../jobs/enqueue.ts';
import { acquire, release, renew } from './acquire.ts';
import { watchNear } from './near-channel.ts';
import { checkLimit, limitsOf, readState, shownDefault, whatIf } from './read-limits.ts';
import { foreseeLimits, setLimitDefaults, setLimits } from './set-limits.ts';
import { setManyLimitsJob } from './set-many-job.ts';
import { watchLimits } from './watch-limits.ts';

export const limits: Handlers<'limits'> = {
  get: ({ ctx }) => limitsOf(ctx.hall, ctx.access),

  set: async ({ ctx: { hall, caller, access }, input }) => {
    const acting = access.parent?.id ?? access.id;
    await hall.usageDoor.settle(access.id);
    return hall.change(caller, { root: access.root, acting }, async (scope) => {
      const set = await setLimits(scope, access.id, input.limits);
      const undo = set.map(({ kind, version, before }) => ({ kind, version, ...before }));
      return { ...(await readState(hall, scope.trx, access)), undo };
    });
  },

  setMany: ({ ctx: { hall, caller, access }, input: { accounts, limits: wished, versions = {} } }) =>
    enqueueForEach(hall, caller, access, accounts, setManyLimitsJob, (account) => ({
      account,
      limits: wished.map((one) => {
        const version = versions[account]?.[one.kind];
        return { ...one, ...(version !== undefined && { version }) };
      }),
    })),

  setDefaults: ({ ctx: { hall, caller, access }, input }) =>
    hall.change(caller, { root: access.root, acting: access.id }, async (scope) => ({
      defaults: (await setLimitDefaults(scope, access.id, input.limits)).map(shownDefault),
    })),

  preview: ({ ctx: { hall, access }, input }) =>
    hall.db.withTenant(
      access.id,
      async (trx) => {
        const accounts = await accountsBelow(trx, access.id, input.accounts, 'accounts');
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

  liveNear: ({ ctx, input, signal }) => watchNear(ctx, input.lastEventId, signal),
};
