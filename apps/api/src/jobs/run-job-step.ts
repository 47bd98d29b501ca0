import {
  beginJobStep,
  endJob,
  endJobItems,
  endJobStep,
  failJobItems,
  type ItemEnd,
  type JobRef,
  type LiveJob,
  postponeJobItem,
  type TakenItem,
  type TenantTransaction,
  takeJobItems,
} from '@tenantree/db';
import { type JobState, type Refusal, type RowId, retryInMs, waitsOf } from '@tenantree/domain';
import { SYSTEM } from '../hall/change.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { Refused } from '../hall/refused.ts';
import { refusalToAsker } from './asker.ts';
import { type AnyJob, ItemTaken } from './define-job.ts';

/**
 * A step takes no longer than this, or so many items, and then leaves the others their turn; one of a job whose items are done in parts of more
 * goes on for a shorter time, whatever their number (rules/jobs 6).
 */
const STEP_MS = 5_000;
const STEP_ITEMS = 50;
const PARTS_MS = 1_000;

const UNEXPECTED: Refusal = {
  code: 'INTERNAL',
  message: 'Something unexpected went wrong. Whoever runs this Tenantree finds it in the log.',
};

export type StepParts = {
  readonly hall: Hall;
  readonly jobs: ReadonlyMap<string, AnyJob>;
  readonly isStopping: () => boolean;
  readonly onItem: (kind: string, outcome: 'done' | 'skipped' | 'failed' | 'retried') => void;
  readonly onEnded: (kind: string, state: JobState) => void;
  /** A job has gone on: whoever watches it looks again. */
  readonly onProgress: (job: RowId) => void;
  readonly onError: (
    error: unknown,
    where: { readonly job: string; readonly kind: string; readonly item: number },
  ) => void;
};

/**
 * Does a step of a job: item after item, or those together that are worked on so, until it is the turn of others. What a killed server
 * had begun is found as it was before; what it had done is not done again.
 *
 * @throws when the database is away, or the job is of a kind that only a newer server knows
 */
export async function runJobStep(parts: StepParts, ref: JobRef): Promise<void> {
  const { hall, jobs, isStopping, onEnded, onProgress } = parts;
  const inAccount = <T>(work: (trx: TenantTransaction) => Promise<T>): Promise<T> =>
    hall.db.withTenant(ref.account, work);
  const live = await inAccount((trx) => beginJobStep(trx, ref, nowOf(hall)));
  if (!live) return;
  onProgress(ref.job);
  const job = jobs.get(live.kind);
  if (!job) throw new Error(`There is no job “${live.kind}” here.`);
  const refusal = live.isCancelled ? null : await refusalToAsker(hall, live.askedBy, ref.account, job.needs);
  if (refusal) await inAccount((trx) => failJobItems(trx, ref, refusal));
  const waits = waitsOf(job.retry);
  const inParts = job.together > STEP_ITEMS;
  const until = performance.now() + (inParts ? PARTS_MS : STEP_MS);
  const most = inParts ? Number.POSITIVE_INFINITY : STEP_ITEMS;
  const stop = new StopOn(live.failuresLeft);
  for (let n = 0; n < most && performance.now() < until && !isStopping(); ) {
    const items = await inAccount((trx) => takeJobItems(trx, ref, job.together, waits));
    if (items.length === 0) break;
    n += items.length;
    await workOn(parts, { ref, live, job, items, stop });
    onProgress(ref.job);
  }
  const root = await inAccount((trx) => endJobStep(trx, ref));
  if (root === null) return;
  const state = await end(hall, ref, { ...live, root }, job);
  onProgress(ref.job);
  if (state) onEnded(live.kind, state);
}

/** Ends a job of which nothing is left, and says so in the log of its account. Null: somebody else has. */
function end(hall: Hall, ref: JobRef, { root, askedBy }: LiveJob, job: AnyJob): Promise<JobState | null> {
  const by = { ...SYSTEM, requestId: askedBy.requestId };
  return hall.change(by, { root, acting: ref.account }, async (change) => {
    const { name } = await change.account(ref.account);
    const ended = await endJob(change.trx, ref, change.now);
    if (!ended) return null;
    const { label } = job;
    change.happened('job.ended', ref.account, { ...ended, job: label, account: name }, { id: ref.job, name: label });
    await job.ended?.(hall, change, { ...ended, id: ref.job, account: ref.account, by: askedBy });
    return ended.state;
  });
}

type Work = {
  readonly ref: JobRef;
  readonly live: LiveJob;
  readonly job: AnyJob;
  readonly items: readonly TakenItem[];
  readonly stop: StopOn;
};

/** How many failures of a job are left until nothing more of it begins. */
class StopOn {
  #left: number;

  /** @param left null: it goes on, however many fail */
  constructor(left: number | null) {
    this.#left = left ?? Number.POSITIVE_INFINITY;
  }

  get isReached(): boolean {
    return this.#left <= 0;
  }

  /** How many of some ends there would be if they came one after the other. */
  begun(ends: readonly ItemEnd[]): number {
    let left = this.#left;
    const last = ends.findIndex(({ state }) => state === 'failed' && --left <= 0);
    return last < 0 ? ends.length : last + 1;
  }

  count({ state }: Pick<ItemEnd, 'state'>): void {
    if (state === 'failed') this.#left -= 1;
  }
}

/**
 * Works on some items together. What that doesn't do is tried by halves, in their order, down to the one that stands in the way. Where a failure
 * stops the job, what comes after it isn't begun.
 */
async function workOn(parts: StepParts, work: Work): Promise<void> {
  const { hall, onItem } = parts;
  const { job, items, stop } = work;
  if (stop.isReached) return;
  try {
    for (const end of await attempt(hall, work)) {
      onItem(job.name, end.state);
      stop.count(end);
    }
  } catch (error) {
    const [item, ...more] = items;
    if (item && more.length === 0) {
      if (!(error instanceof ItemTaken)) await noteFailure(parts, work, item, error);
      return;
    }
    const half = Math.ceil(items.length / 2);
    await workOn(parts, { ...work, items: items.slice(0, half) });
    await workOn(parts, { ...work, items: items.slice(half) });
  }
}

async function attempt(hall: Hall, { ref, live, job, items, stop }: Work): Promise<readonly ItemEnd[]> {
  if (items.some((item) => item.attempt > job.retry.attempts))
    throw new Error('Each attempt ended the server that made it.');
  let isNoted = false;
  const note = async (trx: TenantTransaction, ends: readonly ItemEnd[]): Promise<boolean> =>
    endJobItems(
      trx,
      ref,
      ends.map((end, at) => ({ ...end, n: items[at]!.n })),
    );
  const ends = await job.start(
    {
      hall,
      job: { id: ref.job, account: ref.account, root: live.root },
      by: live.askedBy,
      askedAt: live.createdAt,
      ended: async (trx, all) => {
        if (stop.begun(all) < all.length) throw new Error('A failure stops the job before all of this is done.');
        if (!(await note(trx, all))) throw new ItemTaken();
        isNoted = true;
      },
    },
    items.map(({ payload }) => payload),
  );
  if (isNoted) return ends;
  if (ends.some(({ state }) => state === 'done')) throw new Error(`The job “${job.name}” notes nothing as done.`);
  const begun = ends.slice(0, stop.begun(ends));
  await hall.db.withTenant(ref.account, (trx) => note(trx, begun));
  return begun;
}

/** What is expected, and refused, is refused the next time, too. Of what is unexpected only the log learns more. */
async function noteFailure(parts: StepParts, { ref, job, stop }: Work, item: TakenItem, error: unknown): Promise<void> {
  const { hall, onItem, onError } = parts;
  const isExpected = error instanceof Refused;
  const inMs = isExpected ? null : retryInMs(job.retry, item.attempt);
  if (!isExpected) onError(error, { job: ref.job, kind: job.name, item: item.n });
  const told = isExpected ? error.refusal : UNEXPECTED;
  await hall.db.withTenant(ref.account, async (trx) => {
    if (inMs === null) await endJobItems(trx, ref, [{ n: item.n, state: 'failed', error: told }]);
    else await postponeJobItem(trx, ref, item.n, { error: told, inMs });
  });
  if (inMs === null) stop.count({ state: 'failed' });
  onItem(job.name, inMs === null ? 'failed' : 'retried');
}
