import { useEffect, useState } from 'react';
import { tenantree } from '../server.ts';

/** Minutes of one account in the current billing period, as they change: own, and with everything below. Null until known, or when one may not see them. */
export function useLiveMinutes(account: string): { readonly own: string; readonly total: string } | null {
  const [minutes, setMinutes] = useState<{ own: string; total: string } | null>(null);
  useEffect(() => {
    const subscription = tenantree.trpc.usage.live.subscribe(
      { account, accounts: [account] },
      {
        onData: ({ data }) => {
          const [row] = data.minutes;
          setMinutes((before) => (row ? { own: row[1], total: row[2] } : (before ?? { own: '0', total: '0' })));
        },
        // Who may not see usage sees none; the rest of the page says so.
        onError: () => setMinutes(null),
      },
    );
    return () => subscription.unsubscribe();
  }, [account]);
  return minutes;
}
