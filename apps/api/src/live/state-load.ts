import type { Instant } from '@tenantree/domain';
import { accountItem, type Minutes, type Presence, usageItem } from './channel.ts';
import type { Loaded, Placed } from './lane.ts';
import type { LiveSource, PlacedUsage, StateQuery } from './ports.ts';

/** Reads minutes as items. A period that begins meanwhile makes what was read worthless: it is read again. */
export const loadUsage =
  (source: LiveSource, period: () => Instant) =>
  async (query: StateQuery): Promise<Loaded<Minutes>> => {
    for (;;) {
      const asked = period();
      const { changes, ...state } = await source.usage({ ...query, period: asked });
      if (asked !== period()) continue;
      const placed = changes.map(({ account, path, own, total, version: at }) => ({
        path,
        item: usageItem(account, own, total, at),
      }));
      return { ...state, placed, gone: [] };
    }
  };

/** Reads accounts as items, and what left. */
export const loadAccounts =
  (source: LiveSource, now: () => Instant) =>
  async (query: StateQuery): Promise<Loaded<Presence>> => {
    const { accounts, departures, ...state } = await source.accounts({ ...query, now: now() });
    const placed = accounts.map(({ row, path, version: at }) => ({ path, item: accountItem(row.id, row, at) }));
    return { ...state, placed, gone: departures, moved: [] };
  };

/** Minutes that were committed, as items of their version. */
export function* placeUsage(changes: readonly PlacedUsage[], version: number): Generator<Placed<Minutes>> {
  for (const { account, path, own, total } of changes) yield { path, item: usageItem(account, own, total, version) };
}
