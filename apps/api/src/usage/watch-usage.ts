import type { UsageFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import { granted } from '../hall/refused.ts';
import { resolveAll } from '../hall/resolve-all.ts';
import type { Viewer } from '../live/ports.ts';
import { parseResumeId } from '../live/resume-id.ts';

type Watcher = Pick<Context, 'hall' | 'hub'> & {
  readonly access: Access;
  readonly viewer: () => Viewer;
};

/**
 * The minutes of an account's subtree, or of some accounts of it: current state first, then changes (product.md 5.4).
 *
 * @throws Refused NOT_FOUND when an account is not in the subtree
 */
export function watchUsage(
  ctx: Watcher,
  accounts: readonly string[] | undefined,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<UsageFrame>, void, undefined> {
  return ctx.hub.watchUsage(async () => {
    const only =
      accounts &&
      (await ctx.hall.db.withTenant(ctx.access.id, (trx) => resolveAll(trx, accounts, 'accounts'), { snapshot: true }));
    return {
      account: ctx.access.id,
      viewer: ctx.viewer(),
      since: granted(parseResumeId(lastEventId)),
      ...(only && { only }),
    };
  }, signal);
}
