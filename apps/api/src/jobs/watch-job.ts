import { setTimeout as wait } from 'node:timers/promises';
import type { JobFrame } from '@tenantree/contract';
import { isEnded, type Refusal, type RowId } from '@tenantree/domain';
import { type TrackedEnvelope, tracked } from '@trpc/server';
import type { Access } from '../guard/admit.ts';
import type { Hall } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';
import type { Viewer } from '../live/ports.ts';
import type { AnyJob } from './define-job.ts';
import { findJob, shownJob } from './shown-jobs.ts';

/** How often a job that is watched is looked at, and whether whoever watches it still may (ms). */
const LOOK_MS = 250;

type Watcher = {
  readonly hall: Hall;
  readonly access: Access;
  readonly jobs: readonly AnyJob[];
  readonly viewer: () => Viewer;
};

/**
 * How a job goes, from now on: its present state, then each that differs, until somebody leaves. Progress is no change of the tree and has
 * none of its versions, so that it does not come through the hub; a job is looked at for as long as it is watched and has not ended.
 *
 * @throws Refused NOT_FOUND, and whatever cuts the stream once the viewer may see it no more
 */
export async function* watchJob(
  ctx: Watcher,
  id: RowId,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<JobFrame>, void, undefined> {
  const { hall, jobs } = ctx;
  const viewer = ctx.viewer();
  const isLeft = (): boolean => signal?.aborted === true;
  let last = '';
  for (let n = 1; !isLeft(); n += 1) {
    const { state, total, done, skipped, failed, cancelAskedAt, etaSeconds } = shownJob(
      await findJob(ctx, id),
      jobs,
      hall.clock.nowMs(),
    );
    const counted = { state, total, done, skipped, failed, cancelAsked: cancelAskedAt !== null };
    const text = JSON.stringify(counted);
    if (text !== last) yield tracked(String(n), { ...counted, etaSeconds });
    last = text;
    if (isEnded(state)) return untilLeft(signal);
    await wait(LOOK_MS, undefined, signal && { signal }).catch(() => undefined);
    const answer = isLeft() ? null : await viewer.ask();
    if (answer && isRefusal(answer)) throw new Refused(answer);
  }
}

const isRefusal = (answer: object): answer is Refusal => 'code' in answer;

/** A stream that ended by itself would be taken for a lost one. */
const untilLeft = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
