import type { AccountsFrame } from '@tenantree/domain';
import type { TrackedEnvelope } from '@trpc/server';
import type { Context } from '../context/context.ts';
import type { Access } from '../guard/admit.ts';
import { seesWholeWay } from '../guard/reach.ts';
import { granted } from '../hall/refused.ts';
import type { Viewer } from '../live/ports.ts';
import { parseResumeId } from '../live/resume-id.ts';

type Watcher = Pick<Context, 'hub'> & { readonly access: Access; readonly viewer: () => Viewer };

/** The changes of an account's subtree as they are committed: since a version (that of a listing, or of the last frame), or from now on. */
export const watchAccounts = (
  ctx: Watcher,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncIterable<TrackedEnvelope<AccountsFrame>, void, undefined> =>
  ctx.hub.watchAccounts(
    {
      account: ctx.access.id,
      viewer: ctx.viewer(),
      since: granted(parseResumeId(lastEventId)),
      ...(seesWholeWay(ctx.access) ? {} : { sight: 'part' }),
    },
    signal,
  );
