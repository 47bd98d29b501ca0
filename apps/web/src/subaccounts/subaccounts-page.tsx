import type { AccountId } from '@tenantree/domain';
import type { AccountTab, SamSubaccounts } from '@tenantree/widget';
import { lazy, type RefObject, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { Redirect, useLocation } from 'wouter';
import type { Chosen } from '../blueprints/chosen.ts';
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
import { neighbourOf } from './neighbour.ts';
import { actsOf } from './palette-acts.ts';
import css from './subaccounts.module.css';
import { type Addresses, useAddresses } from './use-addresses.ts';
import { useKeptExpansion, useListFocus, usePanelFit } from './use-list.ts';

const AccountPanel = lazy(() => import('./account-panel.tsx'));
const Files = lazy(() => import('./files.tsx'));

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
  const addresses = useAddresses(account);
  const shown = useAccount(opened ?? '').data;
  usePageTitle(shown ? `${shown.name} · Subaccounts` : 'Subaccounts');
  const list = useRef<SamSubaccounts>(null);
  const { page, fit } = usePanelFit(list);
  const keep = useKeptExpansion(list, useMe().data?.user?.id ?? '');
  useListFocus(list, account, opened, shown?.id ?? null);
  const { of } = addresses;
  useListKeys(list, shown?.id ?? null, (id) => navigate(of(id, tab)));
  const ask = useCallback(() => {
    const open = (id: AccountId): void => navigate(of(id));
    return actsOf(list.current, shown, {
      open,
      switch: (id) => enterAccount(id, navigate),
      import: () => navigate(`/a/${account}/import`),
    });
  }, [shown, navigate, of, account]);
  usePageActs(ask);
  const close = (): void => navigate(addresses.table);
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
        <List
          list={list}
          acting={acting?.id ?? ''}
          manages={acting?.levels['account.subaccounts'] === 'full'}
          shown={shown?.id ?? null}
          addresses={addresses}
          onReady={() => {
            keep();
            setTimeout(fit);
          }}
        />
      </div>
      {opened !== null && (
        <Suspense fallback={null}>
          <AccountPanel
            key={opened}
            acting={account}
            account={opened}
            tab={tab}
            hrefOf={(one, id = opened) => of(id, one)}
            list={list}
            onClose={close}
          />
        </Suspense>
      )}
    </div>
  );
}

/** What single keys do beside the table: with an open account, J and K lead to the next one, in the same tab. */
function useListKeys(list: ListProps['list'], shown: AccountId | null, go: (account: AccountId) => void): void {
  const step = (by: 1 | -1): void => {
    const next = shown && neighbourOf(list.current, shown, by);
    if (next) go(next.id);
  };
  useKeys({
    '/': () => list.current?.focusSearch(),
    c: () => list.current?.create(),
    'Mod z': () => list.current?.undo(),
    ...(shown && { j: () => step(1), k: () => step(-1) }),
  });
}

type ListProps = {
  readonly list: RefObject<SamSubaccounts | null>;
  readonly acting: AccountId | '';
  readonly manages: boolean;
  readonly shown: AccountId | null;
  readonly addresses: Addresses;
  readonly onReady: () => void;
};

/** The table, with where its accounts lead to. */
function List({ list, acting, manages, shown, addresses, onReady }: ListProps) {
  const [, navigate] = useLocation();
  const [density, setDensity] = useState(readDensity);
  const hostActs = useMemo(
    () =>
      manages
        ? [
            {
              label: 'Apply blueprint…',
              go: (chosen: readonly Chosen[]) =>
                navigate(`/a/${acting}/blueprints`, {
                  state: { chosen: chosen.map(({ id, name }) => ({ id, name })) },
                }),
            },
          ]
        : [],
    [manages, acting, navigate],
  );
  return (
    <Subaccounts
      ref={list}
      className={css.screen ?? ''}
      fit="fill"
      density={density}
      source={accounts}
      account={acting}
      texts={texts}
      hrefOf={addresses.of}
      hostActs={hostActs}
      opened={shown}
      view={addresses.view}
      onView={({ detail }) => navigate(addresses.lookedAt(detail), { replace: true })}
      onReady={onReady}
      onDensity={({ detail }) => {
        noteDensity(detail.density);
        setDensity(detail.density);
      }}
      onOpen={(event) => {
        event.preventDefault();
        const href = addresses.of(event.detail.account.id, event.detail.tab);
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
    >
      <Suspense fallback={null}>
        <Files account={acting} mayImport={manages} view={addresses.view} />
      </Suspense>
    </Subaccounts>
  );
}
