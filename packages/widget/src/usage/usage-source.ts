import type { Tenantree } from '@tenantree/client';
import type { AccountId, Decimal, Instant } from '@tenantree/domain';
import { call } from '../data/call.ts';

/** Minutes of a day (UTC): of the account by itself, and with all that stood below it. */
export type DayOfUse = { readonly start: Instant; readonly own: Decimal; readonly total: Decimal };

/** From one instant until before another; both begin days (UTC). */
export type Days = { readonly from: Instant; readonly to: Instant };

/** Where a chart of an account's minutes gets them from. Every promise rejects with a `SourceRefusal`. */
export type UsageSource = {
  /** Minutes by day, in order; days without any are left out. */
  readonly days: (account: AccountId, days: Days, signal?: AbortSignal) => Promise<readonly DayOfUse[]>;
};

const NONE = '0' as Decimal;

/** Usage from a Tenantree server. */
export function usageFrom({ trpc: { usage } }: Pick<Tenantree, 'trpc'>): UsageSource {
  return {
    days: async (account, { from, to }, signal) => {
      const asked = { account, from, to, bucket: 'day' } as const;
      const [own, total] = await Promise.all([
        call(usage.series.query, { ...asked, scope: 'own' }, signal),
        call(usage.series.query, { ...asked, scope: 'total' }, signal),
      ]);
      const ownAt = new Map(own.points.map(({ start, quantity }) => [start, quantity]));
      return total.points.map(({ start, quantity }) => ({ start, own: ownAt.get(start) ?? NONE, total: quantity }));
    },
  };
}
