import type { JobFrame } from '@tenantree/contract';
import { isEnded, type RowId } from '@tenantree/domain';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Actor } from '../context/actor.ts';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import type { Hub } from '../live/hub.ts';
import type { Viewer } from '../live/ports.ts';
import type { AnyJob } from './define-job.ts';
import { findJob, jobBell, shownJob } from './shown-jobs.ts';

type Watcher = {
  readonly hall: Hall;
  readonly actor: Actor;
  readonly hub: Hub;
  readonly access: Access;
  readonly jobs: readonly AnyJob[];
  readonly viewer: () => Viewer;
};

/**
 * How a job goes, from now on: its present state, then each that differs, until somebody leaves. Progress is no change of the tree and has
 * none of its versions: it is looked at when its bell rings (docs/decisions/0019-jobs.md).
 *
 * @throws Refused NOT_FOUND, and whatever cuts the stream once the viewer may see it no more
 */
export async function* watchJob(
  ctx: Watcher,
  id: RowId,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<JobFrame>, void, undefined> {
  const { hub } = ctx;
  let last = '';
  for await (const look of hub.listen(jobBell(id), ctx.viewer(), signal)) {
    const { state, total, done, skipped, failed, cancelAskedAt, etaSeconds } = shownJob(await findJob(ctx, id), ctx);
    const counted = { state, total, done, skipped, failed, cancelAsked: cancelAskedAt !== null };
    const text = JSON.stringify(counted);
    if (text !== last) yield tracked(String(look), { ...counted, etaSeconds });
    last = text;
    if (isEnded(state)) return untilLeft(signal);
  }
}

/** A stream that ended by itself would be taken for a lost one. */
const untilLeft = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
