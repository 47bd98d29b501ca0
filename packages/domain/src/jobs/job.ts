/** Where a job is. `partly`: some of its items failed; `cancelled`: it was asked to stop before all of them had begun. */
export const JOB_STATES = ['queued', 'running', 'succeeded', 'partly', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Where one of its items is. `skipped`: there was nothing to do any more. */
export const JOB_ITEM_STATES = ['pending', 'done', 'skipped', 'failed'] as const;
export type JobItemState = (typeof JOB_ITEM_STATES)[number];

/** How many items a job has, and how many of them have come to which end. */
export type JobCounts = Readonly<Record<'total' | Exclude<JobItemState, 'pending'>, number>>;

/** How often an item is tried, and how long it waits in between. */
export type RetryPolicy = {
  /** Tries at the most, 1 or more. */
  readonly attempts: number;
  /** Wait after the first failure (ms). */
  readonly firstMs: number;
  /** How many times longer each further wait is. */
  readonly factor: number;
};

/** Five attempts; after 1, 5, 25 and 125 seconds (rules/jobs 8). */
export const USUAL_RETRY: RetryPolicy = { attempts: 5, firstMs: 1_000, factor: 5 };

/**
 * How long an item waits after a failed attempt (ms); null: it is given up.
 *
 * @param attempt the one that failed, from 1
 */
export const retryInMs = ({ attempts, firstMs, factor }: RetryPolicy, attempt: number): number | null =>
  attempt < attempts ? firstMs * factor ** (attempt - 1) : null;

/** How long an item waits after each attempt but the last one (ms). */
export const waitsOf = (policy: RetryPolicy): number[] =>
  Array.from({ length: policy.attempts }, (_, n) => retryInMs(policy, n + 1)).filter((inMs) => inMs !== null);

/** How a job has ended, none of whose items will begin any more. Those that never began are left where it was cancelled. */
export function outcomeOf({ total, done, skipped, failed }: JobCounts): JobState {
  if (done + skipped + failed < total) return 'cancelled';
  if (failed === 0) return 'succeeded';
  return failed === total ? 'failed' : 'partly';
}

/** Whether nothing of a job will change any more. */
export const isEnded = (state: JobState): boolean => state !== 'queued' && state !== 'running';

/**
 * How long a running job will go on if it goes on as before (whole seconds); null as long as nothing tells.
 *
 * @param ranMs since it started
 */
export function etaSeconds({ total, done, skipped, failed }: JobCounts, ranMs: number): number | null {
  const ended = done + skipped + failed;
  return ended === 0 ? null : Math.ceil((ranMs / ended / 1_000) * (total - ended));
}
