import type { AccountId, AccountsFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import { seesWholeWay } from '../guard/reach.ts';
import { granted } from '../hall/refused.ts';
import { resolveWatched } from '../hall/resolve-watched.ts';
import type { Viewer } from '../live/ports.ts';
import { parseResumeId } from '../live/resume-id.ts';

type Watcher = Pick<Context, 'hall' | 'hub'> & { readonly access: Access; readonly viewer: () => Viewer };

/** What of the subtree is watched: all of it where nothing is named. */
type Asked = {
  readonly accounts?: readonly string[] | undefined;
  readonly childrenOf?: readonly string[] | undefined;
  readonly lastEventId?: string | undefined;
};

/**
 * The changes of an account's subtree, or of some of it, as they are committed: since a version (that of a listing, or of the last frame), or
 * from now on.
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchAccounts(
  ctx: Watcher,
  asked: Asked,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<AccountsFrame>, void, undefined> {
  const { hall, hub, access } = ctx;
  return hub.watchAccounts(async () => {
    const since = granted(parseResumeId(asked.lastEventId));
    const find = async (field: 'accounts' | 'childrenOf'): Promise<readonly AccountId[] | undefined> =>
      asked[field] && (await resolveWatched(hall.db, access.id, asked[field], field, since));
    const [only, childrenOf] = [await find('accounts'), await find('childrenOf')];
    return {
      account: access.id,
      viewer: ctx.viewer(),
      since,
      ...(only && { only }),
      ...(childrenOf && { childrenOf }),
      ...(seesWholeWay(access) ? {} : { sight: 'part' as const }),
    };
  }, signal);
}
