import { useQuery } from '@tanstack/react-query';
import { tenantree } from '../server.ts';

/** The acting account, with the part of the path above it that one reaches. */
export const useAccount = (account: string) =>
  useQuery({ queryKey: ['account', account], queryFn: () => tenantree.trpc.accounts.get.query({ account }) });

/** Enters an account: the visit stands in its log, then the address changes. Who may not enter is told by the page itself. */
export async function enterAccount(account: string, navigate: (to: string) => void): Promise<void> {
  await tenantree.trpc.accounts.enter.mutate({ account }).catch(() => undefined);
  navigate(`/a/${account}/subaccounts`);
}
