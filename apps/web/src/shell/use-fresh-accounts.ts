import type { AccountDetail } from '@tenantree/widget';
import { useEffect, useRef } from 'react';
import { queries, tenantree } from '../server.ts';
import { useMe } from '../session/use-me.ts';

/** Rests between a change and asking again, in milliseconds: a burst of changes is one question. */
const REST_MS = 250;

type Row = Pick<AccountDetail, 'id' | 'name' | 'status'>;

/** Whether a changed row is of the account, or changes what is said of the way to it: names, and who suspends it. */
const concerns = ({ id, name, status }: Row, account: AccountDetail): boolean =>
  id === account.id ||
  account.path.some(
    (above) => above.id === id && (above.name !== name || status !== 'active' || account.effective.by?.id === id),
  );

/**
 * Keeps what the page says of accounts true while others change them: name, path, status of the acting account, and of any other
 * one in its tree. Everything from the topmost account of the path on is followed, since the path has its names.
 */
export function useFreshAccounts(acting: AccountDetail | undefined): void {
  const top = acting?.path.at(0)?.id;
  const own = useMe().data?.accounts;
  const known = useRef({ acting, own });
  useEffect(() => {
    known.current = { acting, own };
  });
  useEffect(() => {
    if (top === undefined) return;
    let rest: ReturnType<typeof setTimeout> | undefined;
    const changed = new Map<string, Row>();
    const gone = new Set<string>();
    const ask = (): void => {
      rest = undefined;
      const rows = [...changed.values()];
      for (const [queryKey, shown] of queries.getQueriesData<AccountDetail>({ queryKey: ['account'] }))
        if (shown && (gone.has(shown.id) || rows.some((row) => concerns(row, shown))))
          void queries.invalidateQueries({ queryKey });
      const own = known.current.own ?? [];
      if (rows.some(({ id, name }) => own.some((one) => one.id === id && one.name !== name)))
        void queries.invalidateQueries({ queryKey: ['me'] });
      changed.clear();
      gone.clear();
    };
    const subscription = tenantree.trpc.accounts.live.subscribe(
      { account: top, lastEventId: String(known.current.acting?.treeVersion) },
      {
        onData: ({ data }) => {
          for (const row of data.changed) changed.set(row.id, row);
          for (const id of data.gone) gone.add(id);
          rest ??= setTimeout(ask, REST_MS);
        },
        // Who may not follow the account still sees it as it was when it was opened.
        onError: () => undefined,
      },
    );
    return () => {
      subscription.unsubscribe();
      clearTimeout(rest);
    };
  }, [top]);
}
