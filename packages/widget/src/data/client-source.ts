import { refusalOf, type Tenantree } from '@tenantree/client';
import type { AccountId } from '@tenantree/domain';
import { type AccountSource, type LiveReader, SourceRefusal } from './account-source.ts';

/** Runs a call; what it fails with becomes a {@link SourceRefusal}, except that it was given up. */
async function call<T>(run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await run();
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

const options = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } => (signal ? { signal } : {});

/** Accounts from a Tenantree server. */
export function clientSource({ trpc, live }: Pick<Tenantree, 'trpc' | 'live'>): AccountSource {
  const { accounts, usage } = trpc;
  const on = (account: AccountId) => ({ account });
  return {
    state: live,
    list: (account, { sort, direction, status, cursor, limit }, signal) => {
      const input = { account, sort, direction, status: [...status], limit, ...(cursor !== null && { cursor }) };
      return call(() => accounts.list.query(input, options(signal)), signal);
    },
    search: (account, { query, cursor, limit }, signal) => {
      const input = { account, query, limit, ...(cursor !== null && { cursor }) };
      return call(() => accounts.search.query(input, options(signal)), signal);
    },
    get: (account, signal) => call(() => accounts.get.query({ account }, options(signal)), signal),
    create: (parent, { name }) => call(() => accounts.create.mutate({ account: parent, name })),
    rename: (account, name) => call(() => accounts.rename.mutate({ account, name })),
    previewSuspension: (account, signal) =>
      call(() => accounts.previewSuspension.query(on(account), options(signal)), signal),
    suspend: (account, { kind, from, until, reason }) => {
      const when = { ...(from !== null && { from }), ...(until !== null && { until }) };
      return call(() => accounts.suspend.mutate({ account, kind, ...when, ...(reason !== null && { reason }) }));
    },
    reactivate: (account) => call(() => accounts.reactivate.mutate(on(account))),
    close: (account) => call(() => accounts.close.mutate(on(account))),
    reopen: (account) => call(() => accounts.reopen.mutate(on(account))),
    subscribeUsage: (account, reader) => {
      const subscription = usage.live.subscribe({ account }, reading(reader));
      return () => subscription.unsubscribe();
    },
    subscribeAccounts: (account, after, reader) => {
      const subscription = accounts.live.subscribe({ account, lastEventId: String(after) }, reading(reader));
      return () => subscription.unsubscribe();
    },
  };
}
