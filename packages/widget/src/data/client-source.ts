import { refusalOf, type Tenantree } from '@tenantree/client';
import { type AccountSource, type LiveReader, SourceRefusal } from './account-source.ts';

/** Calls a procedure; what it fails with becomes a {@link SourceRefusal}, except that it was given up. */
export async function call<Input, Output>(
  procedure: (input: Input, options?: { readonly signal?: AbortSignal }) => Promise<Output>,
  input: Input,
  signal?: AbortSignal,
): Promise<Output> {
  try {
    return await procedure(input, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new SourceRefusal(refusalOf(error));
  }
}

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
    search: (account, { cursor, ...query }, signal) =>
      call(accounts.search.query, { account, ...query, ...(cursor && { cursor }) }, signal),
    get: (account, signal) => call(accounts.get.query, { account }, signal),
    create: (account, { name }) => call(accounts.create.mutate, { account, name }),
    rename: (account, name) => call(accounts.rename.mutate, { account, name }),
    move: (account, to) => call(accounts.move.mutate, { account, to }),
    setProtection: (account, protection) => call(accounts.setProtection.mutate, { account, protection }),
    previewSuspension: (account, signal) => call(accounts.previewSuspension.query, { account }, signal),
    suspend: (account, { kind, from, until, reason }) => {
      const given = { ...(from && { from }), ...(until && { until }), ...(reason !== null && { reason }) };
      return call(accounts.suspend.mutate, { account, kind, ...given });
    },
    reactivate: (account) => call(accounts.reactivate.mutate, { account }),
    close: (account) => call(accounts.close.mutate, { account }),
    reopen: (account) => call(accounts.reopen.mutate, { account }),
    subscribeUsage: (account, watched, reader) => {
      // After nothing: all there is comes first, and what has left meanwhile is no reason to refuse the others.
      const input = { account, accounts: [...watched], lastEventId: '0' };
      const subscription = usage.live.subscribe(input, reading(reader));
      return () => subscription.unsubscribe();
    },
    subscribeAccounts: (account, { after, childrenOf, accounts: own = [account] }, reader) => {
      const lists = childrenOf && { accounts: [...own], childrenOf: [...childrenOf] };
      const input = { account, lastEventId: String(after), ...lists };
      const subscription = accounts.live.subscribe(input, reading(reader));
      return () => subscription.unsubscribe();
    },
  };
}
