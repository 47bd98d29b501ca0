import { createComponent, type EventName } from '@lit/react';
import type { AccountId } from '@tenantree/domain';
import { type AccountTab, type SamSubaccounts, SourceRefusal } from '@tenantree/widget';
import { accountDetailFrom, defineRooms, SamAccount, type SamEvents } from '@tenantree/widget/rooms';
import React, { type RefObject, useMemo, useState, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { useViewer } from '../members/use-viewer.ts';
import { billingSource } from '../money/elements.ts';
import { accounts, queries, tenantree } from '../server.ts';
import { enterAccount, useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { Independent, useDeparture } from './independent.tsx';
import css from './subaccounts.module.css';

defineRooms();

/** An account in detail: the element that `<subaccount-manager>` shows, too. */
const Account = createComponent({
  react: React,
  tagName: 'sam-account',
  elementClass: SamAccount,
  events: {
    onClose: 'sam-close' as EventName<CustomEvent>,
    onTab: 'sam-tab' as EventName<CustomEvent<{ readonly tab: AccountTab }>>,
    onShow: 'sam-show' as EventName<CustomEvent<SamEvents['sam-show']>>,
    onSwitch: 'sam-switch' as EventName<CustomEvent>,
    onChanged: 'sam-change' as EventName<CustomEvent>,
  },
});

const source = { ...accountDetailFrom(tenantree, accounts), billing: billingSource };

/** The same, which tells when the account is not there any more. */
const telling = (gone: () => void): typeof source => ({
  ...source,
  accounts: {
    ...accounts,
    get: async (...asked) => {
      try {
        return await accounts.get(...asked);
      } catch (error) {
        if (error instanceof SourceRefusal && error.code === 'NOT_FOUND') gone();
        throw error;
      }
    },
  },
});

/** Narrower, the panel takes the place of the table. The style sheet has the same bound. */
const NARROW = window.matchMedia('(max-width: 1279px)');

function watchWidth(changed: () => void): () => void {
  NARROW.addEventListener('change', changed);
  return () => NARROW.removeEventListener('change', changed);
}

type Props = {
  readonly acting: string;
  readonly account: AccountId;
  readonly tab: AccountTab;
  readonly hrefOf: (tab: AccountTab, account?: AccountId) => string;
  /** The table: what changes an account is done by it, with its dialogs and messages. */
  readonly list: RefObject<SamSubaccounts | null>;
  readonly onClose: () => void;
};

/** One account beside the table. */
export default function AccountPanel({ acting: from, account, tab, hrefOf, list, onClose }: Props) {
  const [, navigate] = useLocation();
  const [isGone, setGone] = useState(false);
  const told = useMemo(() => telling(() => setGone(true)), []);
  const left = useDeparture(from, isGone ? account : null);
  const viewer = useViewer(useAccount(account).data);
  const isAlone = useSyncExternalStore(watchWidth, () => NARROW.matches);
  const acting = useMemo(
    () => ({
      menuOf: async (row: Parameters<SamSubaccounts['menuOf']>[0]) => (await list.current?.menuOf(row)) ?? [],
      perform: async (id: string, row: Parameters<SamSubaccounts['perform']>[1]) => list.current?.perform(id, row),
      renameAccount: async (row: Parameters<SamSubaccounts['renameAccount']>[0], name: string) =>
        (await list.current?.renameAccount(row, name)) ?? null,
    }),
    [list],
  );
  if (left) return <Independent acting={from} left={left} heading={isAlone ? 'h1' : 'h2'} onClose={onClose} />;
  return (
    <Account
      className={`${css.panel} ${tab === 'permissions' ? css.wide : ''}`}
      source={told}
      account={account}
      tab={tab}
      texts={texts}
      acting={acting}
      viewer={viewer}
      hrefOf={hrefOf}
      heading={isAlone ? 'h1' : 'h2'}
      onClose={onClose}
      onTab={(event) => {
        event.preventDefault();
        navigate(hrefOf(event.detail.tab), { replace: true });
      }}
      onShow={({ detail }) => navigate(hrefOf(detail.tab, detail.account))}
      onSwitch={(event) => {
        event.preventDefault();
        enterAccount(account, navigate);
      }}
      onChanged={() => void queries.invalidateQueries()}
    />
  );
}
