import { useQuery } from '@tanstack/react-query';
import { tenantree } from '../server.ts';
import { useMe } from '../session/use-me.ts';

/** The acting account, with the part of the path above it that one reaches. */
export const useAccount = (account: string) =>
  useQuery({
    queryKey: ['account', account],
    enabled: account !== '',
    queryFn: () => tenantree.trpc.accounts.get.query({ account }),
  });

/** The acting account beside the account through which the person reaches it. */
export function useActing(id: string) {
  const me = useMe().data;
  const { data: account, error } = useAccount(id);
  const home = me?.accounts.find((own) => account?.path.some((link) => link.id === own.id)) ?? null;
  return { account, error, home, isInside: account !== undefined && home !== null && home.id !== account.id };
}

/** Enters an account: the visit stands in its log, then the address changes. Who may not enter is told by the page itself. */
export async function enterAccount(account: string, navigate: (to: string) => void): Promise<void> {
  await tenantree.trpc.accounts.enter.mutate({ account }).catch(() => undefined);
  navigate(`/a/${account}/subaccounts`);
}
