import type { AccountId } from '@tenantree/domain';
import type { SamSubaccounts } from '@tenantree/widget';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { focusTitle } from '../parts/parts.tsx';
import { keepExpansion } from './keep-expansion.ts';
import { fitPanel } from './panel-width.ts';

type List = RefObject<SamSubaccounts | null>;

/** Opens in the table what a person had open in it before. @returns to be called when its first rows are there */
export function useKeptExpansion(list: List, user: string): () => void {
  const stop = useRef<() => void>(undefined);
  useEffect(() => () => stop.current?.(), []);
  return () => {
    stop.current?.();
    stop.current = list.current ? keepExpansion(list.current, user) : undefined;
  };
}

/** Keeps the panel as wide as the columns that it covers. @returns the page of both, and what is to be called when there are others */
export function usePanelFit(list: List): { readonly page: RefObject<HTMLDivElement | null>; readonly fit: () => void } {
  const page = useRef<HTMLDivElement>(null);
  const fit = useCallback(() => {
    if (page.current) fitPanel(page.current, list.current);
  }, [list]);
  useEffect(() => {
    const sizes = new ResizeObserver(fit);
    if (page.current) sizes.observe(page.current);
    return () => sizes.disconnect();
  }, [fit]);
  return { page, fit };
}

/** The focus is on the title when one turns to an account, and in the row of what was open when the panel is left, by Back, too. */
export function useListFocus(list: List, account: string, opened: AccountId | null, shown: AccountId | null): void {
  useEffect(() => {
    const focus = (): void => focusTitle(list.current?.renderRoot.querySelector('h1'));
    if (account !== '') void list.current?.updateComplete.then(focus);
  }, [list, account]);
  const before = useRef<AccountId>(null);
  useEffect(() => {
    const isLost = document.activeElement === document.body;
    if (before.current !== null && opened === null && isLost) void list.current?.focusRow(before.current);
    before.current = shown;
  }, [list, opened, shown]);
}
