import type { AccountId } from '@tenantree/domain';
import type { SamSubaccounts } from '@tenantree/widget';
import type { AccountTab } from '@tenantree/widget/rooms';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Redirect, useLocation, useSearch } from 'wouter';
import { focusTitle } from '../parts/parts.tsx';
import { accounts, queries } from '../server.ts';
import { useMe } from '../session/use-me.ts';
import { usePageActs } from '../shell/page-acts.ts';
import { placesFor } from '../shell/places.ts';
import { enterAccount, useAccount } from '../shell/use-account.ts';
import { useKeys } from '../shell/use-keys.ts';
import { usePageTitle } from '../shell/use-page-title.ts';
import { texts } from '../texts.ts';
import { noteDensity, readDensity } from './density.ts';
import { Subaccounts } from './elements.ts';
import { keepExpansion } from './keep-expansion.ts';
import { neighbourOf } from './neighbour.ts';
import { actsOf } from './palette-acts.ts';
import { fitPanel } from './panel-width.ts';
import css from './subaccounts.module.css';
import { readView, writeView } from './view-state.ts';

const AccountPanel = lazy(() => import('./account-panel.tsx'));

type Props = {
  readonly account: string;
  readonly opened: AccountId | null;
  readonly tab: AccountTab;
};

/**
 * The home of parent admins: everything below the acting account, and one of them in detail. What is searched for, the order and
 * the statuses shown stand in the address, so that they can be linked and outlive a reload.
 */
export function SubaccountsPage({ account, opened, tab }: Props) {
  const [, navigate] = useLocation();
  const acting = useAccount(account).data;
  const base = `/a/${account}/subaccounts`;
  const search = useSearch();
  const view = useMemo(() => readView(search), [search]);
  const suffix = writeView('', view);
  const hrefOf = useCallback((id: AccountId) => `${base}/${id}${suffix}`, [base, suffix]);
  const tabHrefOf = useCallback(
    (one: AccountTab) => `${base}/${opened}${one === 'overview' ? '' : `/${one}`}${suffix}`,
    [base, opened, suffix],
  );
  const shown = useAccount(opened ?? '').data;
  usePageTitle(shown ? `${shown.name} · Subaccounts` : 'Subaccounts');
  const [density, setDensity] = useState(readDensity);
  const list = useRef<SamSubaccounts>(null);
  const user = useMe().data?.user?.id ?? '';
  const stopKeeping = useRef<() => void>(undefined);
  const keep = (): void => {
    stopKeeping.current?.();
    stopKeeping.current = list.current ? keepExpansion(list.current, user) : undefined;
  };
  useEffect(() => () => stopKeeping.current?.(), []);
  const page = useRef<HTMLDivElement>(null);
  const fit = useCallback(() => page.current && fitPanel(page.current, list.current), []);
  useEffect(() => {
    const sizes = new ResizeObserver(fit);
    if (page.current) sizes.observe(page.current);
    return () => sizes.disconnect();
  }, [fit]);
  useEffect(() => {
    const focus = (): void => focusTitle(list.current?.renderRoot.querySelector('h1'));
    if (account !== '') void list.current?.updateComplete.then(focus);
  }, [account]);
  const step = (by: 1 | -1): void => {
    const next = shown && neighbourOf(list.current, shown.id, by);
    if (next) navigate(hrefOf(next.id));
  };
  useKeys({
    '/': () => list.current?.focusSearch(),
    c: () => list.current?.create(),
    'Mod z': () => list.current?.undo(),
    ...(shown && { j: () => step(1), k: () => step(-1) }),
  });
  const ask = useCallback(() => {
    const open = (id: string): void => navigate(`${base}/${id}${suffix}`);
    return actsOf(list.current, shown, { open, switch: (id) => enterAccount(id, navigate) });
  }, [shown, navigate, base, suffix]);
  usePageActs(ask);
  const close = (): void => navigate(base + suffix);
  const before = useRef<AccountId>(null);
  useEffect(() => {
    // However the panel was left, by Back, too: one is in the row of what was open.
    const isLost = document.activeElement === document.body;
    if (before.current !== null && opened === null && isLost) void list.current?.focusRow(before.current);
    before.current = shown?.id ?? null;
  }, [opened, shown]);
  const places = acting ? placesFor(acting.levels) : [];
  // Who has nothing to see here lands where there is something.
  if (places[0] && places[0].path !== 'subaccounts') return <Redirect to={`/a/${account}/${places[0].path}`} replace />;
  return (
    <div ref={page} className={css.page} data-panel={opened === null ? undefined : 'open'}>
      <div
        className={css.list}
        onKeyDown={(event) => {
          // What the table has no layer of its own to close for closes the panel.
          if (opened !== null && event.key === 'Escape' && !event.defaultPrevented) close();
        }}
      >
        <Subaccounts
          ref={list}
          className={css.screen ?? ''}
          fit="fill"
          density={density}
          source={accounts}
          account={acting?.id ?? ''}
          texts={texts}
          hrefOf={hrefOf}
          opened={shown?.id ?? null}
          view={view}
          onView={({ detail }) => navigate(window.location.pathname + writeView(search, detail), { replace: true })}
          onReady={() => {
            keep();
            setTimeout(fit);
          }}
          onDensity={({ detail }) => {
            noteDensity(detail.density);
            setDensity(detail.density);
          }}
          onOpen={(event) => {
            event.preventDefault();
            const href = hrefOf(event.detail.account.id);
            if (event.detail.place === 'newTab') window.open(href, '_blank', 'noopener');
            else navigate(href);
          }}
          onSwitch={(event) => {
            event.preventDefault();
            const { account: chosen, place } = event.detail;
            if (place === 'newTab') window.open(`/a/${chosen.id}/subaccounts`, '_blank', 'noopener');
            else enterAccount(chosen.id, navigate);
          }}
          onChanged={() => void queries.invalidateQueries({ queryKey: ['account'] })}
        />
      </div>
      {opened !== null && (
        <Suspense fallback={null}>
          <AccountPanel key={opened} account={opened} tab={tab} hrefOf={tabHrefOf} list={list} onClose={close} />
        </Suspense>
      )}
    </div>
  );
}
