import { useEffect } from 'react';
import { queries, tenantree } from '../server.ts';

/** Rests between a change and asking again, in milliseconds: a burst of changes is one question. */
const REST_MS = 250;

/** Asks for an account again when it, or something below it, changed. */
export function useFreshAccount(account: string): void {
  useEffect(() => {
    let rest: ReturnType<typeof setTimeout> | undefined;
    const ask = (): void => {
      rest = undefined;
      void queries.invalidateQueries({ queryKey: ['account', account] });
    };
    const subscription = tenantree.trpc.accounts.live.subscribe(
      { account },
      // Who may not follow the account still sees it as it was when it was opened.
      { onData: () => (rest ??= setTimeout(ask, REST_MS)), onError: () => undefined },
    );
    return () => {
      subscription.unsubscribe();
      clearTimeout(rest);
    };
  }, [account]);
}
