import { refusalOf, type Tenantree } from '@tenantree/client';
import type { AccountId } from '@tenantree/domain';
import { type BulkSource, SourceRefusal } from './account-source.ts';
import { call } from './call.ts';

const whyOf = (result: unknown): string =>
  typeof result === 'object' && result !== null && 'reason' in result && typeof result.reason === 'string'
    ? result.reason
    : '';

/** Accounts that a job can be asked for. */
export const MOST_AT_ONCE = 500;

/** Bulk work of a Tenantree server. Loaded with the first of it. */
export function bulkFrom({
  accounts,
  limits,
  jobs,
}: Pick<Tenantree['trpc'], 'accounts' | 'limits' | 'jobs'>): BulkSource {
  const many = (ids: readonly AccountId[]) => ({ accounts: [...ids] });
  return {
    suspend: async (account, ids, { kind, reason }) =>
      (await call(accounts.suspendMany.mutate, { account, ...many(ids), kind, ...(reason !== null && { reason }) }))
        .job,
    reactivate: async (account, ids) => (await call(accounts.reactivateMany.mutate, { account, ...many(ids) })).job,
    setLimits: async (account, ids, changes) =>
      (await call(limits.setMany.mutate, { account, ...many(ids), limits: [...changes] })).job,
    foreseeLimits: async (account, ids, changes, signal) =>
      (await call(limits.preview.query, { account, ...many(ids), limits: [...changes] }, signal)).accounts,
    follow: (account, job, { onFrame, onRefused }) => {
      const subscription = jobs.live.subscribe(
        { account, job },
        { onData: ({ data }) => onFrame(data), onError: (error) => onRefused(new SourceRefusal(refusalOf(error))) },
      );
      return () => subscription.unsubscribe();
    },
    results: async (account, job) => {
      const { items } = await call(jobs.get.query, { account, job, limit: MOST_AT_ONCE });
      return items.flatMap(({ target, state, result, error }) =>
        target === null ? [] : [{ account: target, state, why: error?.message ?? whyOf(result) }],
      );
    },
  };
}
