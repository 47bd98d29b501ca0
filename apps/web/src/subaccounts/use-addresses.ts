import type { AccountId } from '@tenantree/domain';
import type { AccountTab, ScreenView } from '@tenantree/widget';
import { useCallback, useMemo } from 'react';
import { useSearch } from 'wouter';
import { readView, writeView } from './view-state.ts';

/** Addresses of the table, of accounts beside it, and of their tabs; all of them keep how the table is looked at. */
export type Addresses = {
  readonly view: ScreenView;
  /** Of the table alone. */
  readonly table: string;
  readonly of: (account: AccountId, tab?: AccountTab) => string;
  /** Of where one is, with the table looked at in another way. */
  readonly lookedAt: (view: ScreenView) => string;
};

/** The addresses below an acting account. */
export function useAddresses(account: string): Addresses {
  const search = useSearch();
  const view = useMemo(() => readView(search), [search]);
  const table = `/a/${account}/subaccounts`;
  const suffix = writeView('', view);
  const of = useCallback(
    (id: AccountId, tab: AccountTab = 'overview') => `${table}/${id}${tab === 'overview' ? '' : `/${tab}`}${suffix}`,
    [table, suffix],
  );
  const lookedAt = (next: ScreenView): string => window.location.pathname + writeView(search, next);
  return { view, table: table + suffix, of, lookedAt };
}
