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
  permissions,
}: Pick<Tenantree['trpc'], 'accounts' | 'limits' | 'jobs' | 'permissions'>): BulkSource {
  const many = (ids: readonly AccountId[]) => ({ accounts: [...ids] });
  return {
    suspend: async (account, ids, { kind, reason }) =>
      (await call(accounts.suspendMany.mutate, { account, ...many(ids), kind, ...(reason !== null && { reason }) }))
        .job,
    setLimits: async (account, ids, changes, versions) =>
      (await call(limits.setMany.mutate, { account, ...many(ids), limits: [...changes], versions })).job,
    applyPreset: async (account, ids, { preset, version, mode }) =>
      (await call(permissions.applyPresetMany.mutate, { account, ...many(ids), preset, presetVersion: version, mode }))
        .job,
    export: async (account, ids) => (await call(accounts.export.mutate, { account, ...many(ids) })).job,
    undo: async (account, job) => (await call(jobs.undo.mutate, { account, job })).job,
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
      const { items, job: all } = await call(jobs.get.query, { account, job, limit: MOST_AT_ONCE });
      const results = items.flatMap(({ target, name, state, result, conflict, error }) =>
        target === null ? [] : [{ account: target, name, state, why: error?.message ?? whyOf(result), conflict }],
      );
      return { results, undoable: all.undoable };
    },
    file: async (account, job) => {
      const csv: string[] = [];
      let filename = '';
      for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
        const asked = { account, job, ...(cursor !== null && { cursor }) };
        const part: Awaited<ReturnType<typeof jobs.file.query>> = await call(jobs.file.query, asked);
        csv.push(part.content);
        filename = part.filename;
        cursor = part.nextCursor;
      }
      return { filename, csv };
    },
  };
}
