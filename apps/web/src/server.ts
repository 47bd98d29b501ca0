import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { createTenantree, refusalOf } from '@tenantree/client';
import { clientSource } from '@tenantree/widget';

/** The server that this page came from. People are recognised by their session cookie. */
export const tenantree = createTenantree({ url: window.location.origin });

/** Accounts for the elements of the widget: the same as in a reseller's portal. */
export const accounts = clientSource(tenantree);

const onError = (error: unknown): void => {
  // Signed out elsewhere, or the session ended: the question who is here is asked again, and answered by the sign-in page.
  if (refusalOf(error).code === 'UNAUTHORIZED') void queries.invalidateQueries({ queryKey: ['me'] });
};

export const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => query.queryKey[0] !== 'me' && onError(error) }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: { retry: (count, error) => refusalOf(error).retryable && count < 3, staleTime: 5_000 },
  },
});
