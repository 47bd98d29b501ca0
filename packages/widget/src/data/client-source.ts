import { fetched, refusalOf, type Tenantree } from '@tenantree/client';
import { type AccountSource, type LiveReader, SourceRefusal } from './account-source.ts';
import { call } from './call.ts';

/** The two ends of a live subscription, in the form of the client and of the source. */
const reading = <Frame>(reader: LiveReader<Frame>) => ({
  onData: ({ data }: { readonly data: Frame }) => reader.onFrame(data),
  onError: (error: unknown) => reader.onRefused(new SourceRefusal(refusalOf(error))),
});

/** Accounts from a Tenantree server. */
export function clientSource({ trpc, live }: Pick<Tenantree, 'trpc' | 'live'>): AccountSource {
  const { accounts, usage } = trpc;
  return {
    state: live,
    list: (account, { cursor, status, ...query }, signal) =>
      call(accounts.list.query, { account, ...query, status: [...status], ...(cursor && { cursor }) }, signal),
    search: (account, { cursor, status, query, ...filters }, signal) =>
      call(
        accounts.search.query,
        { account, ...filters, status: [...status], ...(query && { query }), ...(cursor && { cursor }) },
        signal,
      ),
    get: (account, signal) => call(accounts.get.query, { account }, signal),
    acts: async () => (await fetched(() => import('./client-acts.ts'), 'actsFrom')).actsFrom(trpc),
    subscribeUsage: (account, watched, reader) => {
      // What has left meanwhile is no reason to refuse the others.
      const input = { account, accounts: [...watched], gone: 'await' as const };
      const subscription = usage.live.subscribe(input, reading(reader));
      return () => subscription.unsubscribe();
    },
    subscribeAccounts: (account, { after, childrenOf, accounts: own = [account] }, reader) => {
      const lists = childrenOf && { accounts: [...own], childrenOf: [...childrenOf] };
      const input = { account, lastEventId: after, ...lists };
      const subscription = accounts.live.subscribe(input, {
        ...reading(reader),
        onData: ({ id, data }) => reader.onFrame({ ...data, resumeId: id }),
      });
      return () => subscription.unsubscribe();
    },
  };
}
