import { refusalOf, type Tenantree } from '@tenantree/client';
import type { ForeseenLimits, JobFrame } from '@tenantree/contract';
import type { AccountId, JobItemState, RowId, SuspensionKind } from '@tenantree/domain';
import type { LimitChange } from '../limits/limits-source.ts';
import { type LiveReader, SourceRefusal } from './account-source.ts';
import { call } from './call.ts';

/** What became of one account in a job, and why it was not done. */
export type BulkResult = { readonly account: AccountId; readonly state: JobItemState; readonly why: string };

/** What is done to many accounts below one, as jobs of it. Every promise rejects with a `SourceRefusal`. */
export type BulkSource = {
  readonly suspend: (
    account: AccountId,
    accounts: readonly AccountId[],
    order: { readonly kind: SuspensionKind; readonly reason: string | null },
  ) => Promise<RowId>;
  readonly reactivate: (account: AccountId, accounts: readonly AccountId[]) => Promise<RowId>;
  readonly setLimits: (
    account: AccountId,
    accounts: readonly AccountId[],
    limits: readonly LimitChange[],
  ) => Promise<RowId>;
  /** What setting them would come to. */
  readonly foreseeLimits: (
    account: AccountId,
    accounts: readonly AccountId[],
    limits: readonly LimitChange[],
    signal?: AbortSignal,
  ) => Promise<readonly ForeseenLimits[]>;
  /** How a job goes. Returns how to stop. */
  readonly follow: (account: AccountId, job: RowId, reader: LiveReader<JobFrame>) => () => void;
  /** What became of each account. */
  readonly results: (account: AccountId, job: RowId) => Promise<readonly BulkResult[]>;
};

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
