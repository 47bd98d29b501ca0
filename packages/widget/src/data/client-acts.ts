import { refusalOf, type Tenantree } from '@tenantree/client';
import { importsFrom } from '../imports/imports-source.ts';
import { permissionsFrom } from '../permissions/permissions-source.ts';
import { productsFrom } from '../products/products-source.ts';
import { type AccountActs, SourceRefusal } from './account-source.ts';
import { call } from './call.ts';
import { bulkFrom } from './client-bulk.ts';
import { viewsFrom } from './client-views.ts';

const stopOf = (subscription: { unsubscribe(): void }) => () => subscription.unsubscribe();

/** Changes to accounts of a Tenantree server. Loaded with the first one. */
export const actsFrom = (trpc: Tenantree['trpc']): AccountActs => {
  const { accounts, blueprints, limits, jobs, permissions } = trpc;
  return {
    create: (account, wish) => call(accounts.create.mutate, { account, ...wish }),
    blueprints: async (account) => (await call(blueprints.list.query, { account })).blueprints,
    applied: async (account, accounts) =>
      (await call(blueprints.appliedMany.query, { account, accounts: [...accounts] })).applications,
    watchApplied: (account, changed) =>
      // Who may not hear of it does without.
      stopOf(
        blueprints.live.subscribe(
          { account },
          { onData: ({ data }) => changed(data.version), onError: () => undefined },
        ),
      ),
    rename: (account, name) => call(accounts.rename.mutate, { account, name }),
    move: (account, to) => call(accounts.move.mutate, { account, to }),
    setProtection: (account, protection) => call(accounts.setProtection.mutate, { account, protection }),
    previewSuspension: (account, signal) => call(accounts.previewSuspension.query, { account }, signal),
    suspend: (account, { kind, from, until, reason }) => {
      const given = { ...(from && { from }), ...(until && { until }), ...(reason !== null && { reason }) };
      return call(accounts.suspend.mutate, { account, kind, ...given });
    },
    reactivate: (account) => call(accounts.reactivate.mutate, { account }),
    close: (account) => call(accounts.close.mutate, { account }),
    reopen: (account) => call(accounts.reopen.mutate, { account }),
    watchNear: (account, after, { onFrame, onRefused }) =>
      stopOf(
        limits.liveNear.subscribe(
          { account, lastEventId: after },
          { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
        ),
      ),
    bulk: bulkFrom({ accounts, limits, jobs, permissions }),
    presets: permissionsFrom({ trpc }),
    views: viewsFrom(trpc),
    imports: importsFrom({ trpc }, productsFrom({ trpc })),
  };
};
