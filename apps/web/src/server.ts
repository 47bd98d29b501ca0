import { type Query, QueryClient } from '@tanstack/react-query';
import { createTenantree, refusalOf } from '@tenantree/client';
import { clientSource } from '@tenantree/widget';

/** Signed out elsewhere, or the session ended: the question who is here is asked again, and answered by the sign-in page. */
function noteSignedOut(): void {
  const me = queries.getQueryState(['me']);
  if (me?.status === 'success' && me.fetchStatus === 'idle') void queries.invalidateQueries({ queryKey: ['me'] });
}

/** The server that this page came from. People are recognised by their session cookie. */
export const tenantree = createTenantree({
  url: window.location.origin,
  fetch: async (input, init) => {
    const answer = await window.fetch(input, init);
    if (answer.status === 401) noteSignedOut();
    return answer;
  },
  onSessionExpired: noteSignedOut,
  // Screens repeat what they show themselves, and say at once what else failed.
  retries: 0,
});

/** Accounts for the elements of the widget: the same as in a reseller's portal. */
export const accounts = clientSource(tenantree);

export const queries: QueryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => refusalOf(error).retryable && count < 3, staleTime: 5_000 },
  },
});

// Back on line: what could not be loaded is tried again by itself, also where nobody asks for it.
tenantree.live.subscribe(({ kind }) => {
  if (kind !== 'live') return;
  const failed = ({ state: { error } }: Query): boolean => error !== null && refusalOf(error).retryable;
  void queries.refetchQueries({ type: 'active', predicate: failed });
});
