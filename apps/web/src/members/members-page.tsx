import { createComponent, type EventName } from '@lit/react';
import { defineRooms, membersFrom, SamMembers } from '@tenantree/widget/rooms';
import React from 'react';
import { Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { useViewer } from './use-viewer.ts';

defineRooms();

/** The members of an account: the element that the detail of an account shows, too. */
const Members = createComponent({
  react: React,
  tagName: 'sam-members',
  elementClass: SamMembers,
  events: { onChanged: 'sam-change' as EventName<CustomEvent> },
});

const source = membersFrom(tenantree);

/** People of the acting account: who is in, who is invited, and their roles. */
export default function MembersPage({ account }: { readonly account: string }) {
  const acting = useAccount(account).data;
  const viewer = useViewer(acting);
  return (
    <Page
      title="Members"
      lead="People who belong to this account. Owners, admins and agency admins reach the accounts below it, too."
    >
      <Members
        source={source}
        account={acting ?? null}
        viewer={viewer}
        texts={texts}
        // What I may see and do follows from what I am.
        onChanged={() => void queries.invalidateQueries()}
      />
    </Page>
  );
}
