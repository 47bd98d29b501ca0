import { createComponent, type EventName } from '@lit/react';
import { activityFrom, defineRooms, SamActivity, type SamEvents } from '@tenantree/widget/rooms';
import React, { useMemo } from 'react';
import { Redirect, useLocation, useSearch } from 'wouter';
import { Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { accountIn, readFilter, writeFilter } from './filter-state.ts';

defineRooms();

/** What was done in an account: the element that the detail of an account shows, too. */
const Activity = createComponent({
  react: React,
  tagName: 'sam-activity',
  elementClass: SamActivity,
  events: {
    onFilter: 'sam-filter' as EventName<CustomEvent<SamEvents['sam-filter']>>,
    onShow: 'sam-show' as EventName<CustomEvent<SamEvents['sam-show']>>,
  },
});

const source = activityFrom(tenantree);

/**
 * What was done in the acting account, or in everything below it, latest first. Which entries are shown stands in the address, so
 * that it can be linked and outlives a reload.
 */
export default function ActivityPage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const search = useSearch();
  const filter = useMemo(() => readFilter(search), [search]);
  const acting = useAccount(account).data;
  const activityOf = (id: string): string => `/a/${account}/subaccounts/${id}/activity`;
  // Addresses of former releases, when this page had the logs of other accounts, too.
  const other = accountIn(search);
  if (other !== null && other !== account) return <Redirect to={activityOf(other)} replace />;
  const name = acting?.name ?? 'this account';
  return (
    <Page
      title="Activity"
      lead={`What was done in ${name}${filter.scope === 'nested' ? ' and below it' : ''}, also by people from above.`}
    >
      <Activity
        className="card"
        source={source}
        account={acting ?? null}
        filter={filter}
        texts={texts}
        onFilter={(event) => {
          event.preventDefault();
          navigate(path + writeFilter(event.detail), { replace: true });
        }}
        onShow={({ detail }) => navigate(activityOf(detail.account))}
      />
    </Page>
  );
}
