import { readCapsState } from '@tenantree/db';
import { type CapsItem, lowest, type PermissionsFrame, UNBOUNDED, unpackLevels } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { resolveWatched } from '../hall/resolve-all.ts';
import { channel, endOf, textsOf } from '../live/channel.ts';
import type { Viewer } from '../live/ports.ts';

/** Caps of accounts as they are saved, and what those above leave of them. */
export const PERMISSIONS_LIVE = channel<Pick<Hall, 'db'>, CapsItem, PermissionsFrame>({
  name: 'permissions',
  // The hub takes turns between viewers itself, and reads for many at once.
  read: async ({ db }, asked) => {
    const { accounts, ...state } = await db.onBehalfOf(null, () => readCapsState(db, asked));
    const placed = accounts.map(({ account, path, version, stored, above }) => {
      const ceiling = unpackLevels(above.reduce(lowest, UNBOUNDED));
      return { account, path, version, state: { account, ...stored, ceiling } };
    });
    return { ...state, placed, gone: [], moved: [] };
  },
  happened: ({ shows }) => shows,
  // Caps that were set, and accounts that moved, leave something else to all below.
  touchedBelow: ({ rights }) => rights?.subtree,
  frame: (version, { items, gap }) => ({ version, caps: items.map(({ state }) => state), ...(gap && { gap }) }),
  body: (content) => `"caps":[${textsOf(content.items)}]${endOf(content)}`,
});

type Watcher = Pick<Context, 'hall' | 'hub'> & { readonly access: Access; readonly viewer: () => Viewer };

/**
 * The caps of the accounts of a subtree, or of some of them, as they are saved from a version on, or from now on.
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchPermissions(
  { hall, hub, access, viewer }: Watcher,
  accounts: readonly string[] | undefined,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<PermissionsFrame>, void, undefined> {
  const find = async () => {
    const since = await hub.since(access.root, lastEventId);
    const gone = since === null ? 'refuse' : 'await';
    const only = accounts && (await resolveWatched(hall.db, access.id, accounts, 'accounts', gone));
    return { account: access.id, viewer: viewer(), since, ...(only && { only }) };
  };
  return hub.watch(PERMISSIONS_LIVE, find, signal);
}
