import { useQuery } from '@tanstack/react-query';
import { refusalOf } from '@tenantree/client';
import { useEffect } from 'react';
import { giveUp } from '../parts/unsaved.ts';
import { tenantree } from '../server.ts';
import { useMe } from '../session/use-me.ts';
import { untilTurn } from '../today.ts';

/** The acting account, with the part of the path above it that one reaches. */
export const useAccount = (account: string) =>
  useQuery({
    queryKey: ['account', account],
    enabled: account !== '',
    queryFn: () => tenantree.trpc.accounts.get.query({ account }),
    // A suspension begins or ends by itself.
    refetchInterval: ({ state }) => untilTurn(state.data?.effective.changesAt ?? null),
  });

/** The acting account beside the account through which the person reaches it; `lost`: what one is called that they don’t reach any more. */
export function useActing(id: string) {
  const me = useMe().data;
  const { data, error } = useAccount(id);
  // It left the tree, or somebody’s access ended: what is kept of it is not theirs to see any more.
  const account = error && refusalOf(error).code === 'NOT_FOUND' ? undefined : data;
  const home = me?.accounts.find((own) => account?.path.some((link) => link.id === own.id)) ?? null;
  return {
    account,
    lost: account ? null : (data?.name ?? null),
    error,
    home,
    isInside: account !== undefined && home !== null && home.id !== account.id,
  };
}

/** Closer together, two of the same are a double click (ms): the second one means nothing on the page that is there by then. */
const DOUBLE_MS = 300;
const last = { enter: Number.NEGATIVE_INFINITY, leave: Number.NEGATIVE_INFINITY };

type Navigate = (to: string) => void;

/** Names the account that one is inside of in this tab, as its log has it by now. */
const INSIDE = 'tenantree.inside';

/** Has it stand in the account's log that one came or went, a moment later. Who may not is told by the page itself. */
function note(how: keyof typeof last, account: string): void {
  if (how === 'enter') sessionStorage.setItem(INSIDE, account);
  else sessionStorage.removeItem(INSIDE);
  tenantree.trpc.accounts[how].mutate({ account }).catch(() => undefined);
}

/** Goes to another account at once. */
function move(how: keyof typeof last, account: string, to: string, navigate: Navigate): void {
  const before = last[how];
  last[how] = performance.now();
  if (last[how] - before < DOUBLE_MS) return;
  giveUp(() => {
    note(how, account);
    navigate(`/a/${to}/subaccounts`);
  }, 'leave this page');
}

/** Enters an account. */
export const enterAccount = (account: string, navigate: Navigate): void => move('enter', account, account, navigate);

/** Leaves an account for the one through which the person reaches it. */
export const leaveAccount = (account: string, home: string, navigate: Navigate): void =>
  move('leave', account, home, navigate);

/** Whoever comes and goes by an address, in another tab or by going back enters and leaves as well. */
export function useArrival(account: string, where: 'inside' | 'home' | 'unknown'): void {
  useEffect(() => {
    const noted = sessionStorage.getItem(INSIDE);
    if (where === 'inside' && noted !== account) note('enter', account);
    if (where !== 'home' || noted === null) return;
    if (noted === account) sessionStorage.removeItem(INSIDE);
    else note('leave', noted);
  }, [account, where]);
}
