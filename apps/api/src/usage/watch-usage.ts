import type { UsageFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import { granted } from '../hall/refused.ts';
import { resolveWatched } from '../hall/resolve-watched.ts';
import type { Viewer } from '../live/ports.ts';
import { parseResumeId } from '../live/resume-id.ts';

type Watcher = Pick<Context, 'hall' | 'hub'> & {
  readonly access: Access;
  readonly viewer: () => Viewer;
};

/**
 * The minutes of some accounts of an account's subtree, current state first, then changes; or of all of it, the account and its first children
 * first (product.md 5.4).
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchUsage(
  ctx: Watcher,
  accounts: readonly string[] | undefined,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<UsageFrame>, void, undefined> {
  const { hall, hub, access } = ctx;
  return hub.watchUsage(async () => {
    const since = granted(parseResumeId(lastEventId));
    const only = accounts && (await resolveWatched(hall.db, access.id, accounts, 'accounts', since));
    return { account: access.id, viewer: ctx.viewer(), since, ...(only && { only }) };
  }, signal);
}
