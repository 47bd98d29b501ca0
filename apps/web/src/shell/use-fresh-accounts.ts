import type { AccountDetail } from '@tenantree/widget';
import { useEffect, useRef } from 'react';
import { queries, tenantree } from '../server.ts';
import { useMe } from '../session/use-me.ts';

/** Rests between a change and asking again, in milliseconds: a burst of changes is one question. */
const REST_MS = 250;
/** Most accounts that are followed: so many does a live stream take. */
const MOST_FOLLOWED = 500;

type Row = Pick<AccountDetail, 'id' | 'name' | 'status'>;
/** Up to where all that is followed is known. */
type Point = Pick<AccountDetail, 'treeVersion' | 'resumeId'>;
type Own = readonly { readonly id: string; readonly name: string }[];

/** Whether a changed row is of the account, or changes what is said of the way to it: names, and who suspends it. */
const concerns = ({ id, name, status }: Row, account: AccountDetail): boolean =>
  id === account.id ||
  account.path.some(
    (above) => above.id === id && (above.name !== name || status !== 'active' || account.effective.by?.id === id),
  );

/** The accounts that something is known of, each by the key that it is asked for with. */
const known = (): (readonly [readonly unknown[], AccountDetail])[] =>
  queries
    .getQueriesData<AccountDetail>({ queryKey: ['account'] })
    .flatMap(([queryKey, account]) => (account ? [[queryKey, account] as const] : []));

/**
 * Keeps what the page says of accounts true while others change them: name, path, status of the acting account, and of any other
 * one in its tree that it says something of. Those are followed with all that stand above them, since the path has their names.
 */
export function useFreshAccounts(acting: AccountDetail | undefined): void {
  const top = acting?.path.at(0)?.id;
  const own = useMe().data?.accounts;
  const present = useRef({ acting, own });
  useEffect(() => {
    present.current = { acting, own };
  });
  useEffect(() => {
    const { acting } = present.current;
    if (top === undefined || !acting) return;
    return follow(top, acting, () => present.current.own ?? []);
  }, [top]);
}

/** Follows what is known of accounts at and below one, until stopped. */
function follow(top: string, acting: AccountDetail, own: () => Own): () => void {
  let rest: ReturnType<typeof setTimeout> | undefined;
  let after: Point = acting;
  let followed: ReadonlySet<string> = new Set();
  let stop = (): void => undefined;
  const changed = new Map<string, Row>();
  const gone = new Set<string>();

  const ask = (): void => {
    rest = undefined;
    const rows = [...changed.values()];
    for (const [queryKey, account] of known())
      if (gone.has(account.id) || rows.some((row) => concerns(row, account)))
        void queries.invalidateQueries({ queryKey });
    if (rows.some(({ id, name }) => own().some((one) => one.id === id && one.name !== name)))
      void queries.invalidateQueries({ queryKey: ['me'] });
    changed.clear();
    gone.clear();
  };

  const askAll = (): void => {
    void queries.invalidateQueries({ queryKey: ['account'] });
    void queries.invalidateQueries({ queryKey: ['me'] });
  };

  const look = (): void => {
    const others = known().map(([, account]) => account);
    const shown = [acting, ...others.filter(({ path }) => path.at(0)?.id === top)];
    const all = [...shown.flatMap(({ path }) => path.map(({ id }) => id)), ...own().map(({ id }) => id)];
    const wanted = new Set([...new Set<string>(all)].slice(0, MOST_FOLLOWED));
    if ([...wanted].every((id) => followed.has(id))) return;
    // What is new here may have been read before the last frame came.
    for (const account of shown)
      if (!followed.has(account.id) && account.treeVersion < after.treeVersion) after = account;
    followed = wanted;
    stop();
    const subscription = tenantree.trpc.accounts.live.subscribe(
      { account: top, accounts: [...followed], lastEventId: after.resumeId },
      {
        onData: ({ id, data }) => {
          after = { treeVersion: data.version, resumeId: id };
          for (const row of data.changed) changed.set(row.id, row);
          for (const id of data.gone) gone.add(id);
          if (data.gap) askAll();
          rest ??= setTimeout(ask, REST_MS);
        },
        // Who may not follow the account still sees it as it was when it was opened.
        onError: () => undefined,
      },
    );
    stop = () => subscription.unsubscribe();
  };

  look();
  const stopLooking = queries.getQueryCache().subscribe(look);
  return () => {
    stopLooking();
    stop();
    clearTimeout(rest);
  };
}
