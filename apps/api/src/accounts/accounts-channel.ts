import { readAccountsState } from '@tenantree/db';
import { type AccountId, type AccountRow, type AccountsFrame, rowInPart } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import { seesWholeWay } from '../guard/reach.ts';
import type { Hall } from '../hall/hall.ts';
import { resolveWatched } from '../hall/resolve-all.ts';
import { channel, endOf, textsOf } from '../live/channel.ts';
import type { Viewer } from '../live/ports.ts';

/** The row of an account (without minutes), or the id of one that left what is watched. */
export type Presence = AccountRow | AccountId;

const isGone = (state: Presence): state is AccountId => typeof state === 'string';

/** Rows of accounts as they change. */
export const ACCOUNTS = channel<Pick<Hall, 'db'>, Presence, AccountsFrame>({
  name: 'accounts',
  // The hub takes turns between viewers itself, and reads for many at once.
  read: async ({ db }, asked) => {
    const { accounts, departures, ...state } = await db.onBehalfOf(null, () => readAccountsState(db, asked));
    const placed = accounts.map(({ row, path, version }) => ({ account: row.id, path, version, state: row }));
    return { ...state, placed, gone: departures, moved: [] };
  },
  happened: ({ shows }) => shows,
  frame: (version, { items, gap }) => ({
    version,
    changed: items.flatMap(({ state }) => (isGone(state) ? [] : [state])),
    gone: items.flatMap(({ state }) => (isGone(state) ? [state] : [])),
    ...(gap && { gap }),
  }),
  body: (content) => {
    const changed = content.items.filter(({ state }) => !isGone(state));
    const gone = content.items.filter(({ state }) => isGone(state));
    return `"changed":[${textsOf(changed)}],"gone":[${textsOf(gone)}]${endOf(content)}`;
  },
  gone: (account) => account,
  inPart: (state, within) => (isGone(state) ? state : rowInPart(state, within)),
});

type Watcher = Pick<Context, 'hall' | 'hub'> & { readonly access: Access; readonly viewer: () => Viewer };

/** What of the subtree is watched: all of it where nothing is named. */
type Asked = {
  readonly accounts?: readonly string[] | undefined;
  readonly childrenOf?: readonly string[] | undefined;
  readonly lastEventId?: string | undefined;
};

/**
 * The changes of an account's subtree, or of some of it, as they are committed: since the resume id of an answer or of
 * the last frame, or from now on.
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchAccounts(
  { hall, hub, access, viewer }: Watcher,
  asked: Asked,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<AccountsFrame>, void, undefined> {
  const find = async () => {
    const since = await hub.since(access.root, asked.lastEventId);
    const absent = since === null ? 'refuse' : 'await';
    const resolve = async (field: 'accounts' | 'childrenOf'): Promise<readonly AccountId[] | undefined> =>
      asked[field] && (await resolveWatched(hall.db, access.id, asked[field], field, absent));
    const [only, childrenOf] = [await resolve('accounts'), await resolve('childrenOf')];
    return {
      account: access.id,
      viewer: viewer(),
      since,
      ...(only && { only }),
      ...(childrenOf && { childrenOf }),
      ...(seesWholeWay(access) ? {} : { sight: 'part' as const }),
    };
  };
  return hub.watch(ACCOUNTS, find, signal);
}
