import {
  deleteEndedAttempts,
  eraseExpiredEmbedTokens,
  forgetImports,
  forgetJobs,
  forgetKeptAnswers,
  forgetPresets,
  forgetTreeChanges,
  forgetVersions,
  indexNames,
  openQueue,
  readJobBacklog,
  settleEverySort,
} from '@tenantree/db';
import { DAY_MS, type Instant, instantOf } from '@tenantree/domain';
import { VERSION_DAYS } from '@tenantree/domain/products';
import { orderErasing } from '../accounts/erase-closed.ts';
import type { Sessions } from '../auth/sessions.ts';
import { closeWhatIsDue } from '../billing/close-period.ts';
import { freezeWhatIsDue } from '../billing/rebilling/freeze-statement.ts';
import { KEPT_DAYS } from '../guard/once.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { beginPeriods } from '../limits/begin-periods.ts';
import { followPlansDue } from '../limits/follow-plans.ts';
import { doTransfersDue } from '../transfers/due-transfers.ts';
import { keepUsage } from '../usage/usage-door.ts';
import type { AnyJob } from './define-job.ts';
import { runJobStep, type StepParts } from './run-job-step.ts';

/** What is done without anybody waiting for it. */
export type Jobs = {
  /** Does everything that is due now, and orders the jobs that are. @throws the first error, after trying all */
  run(): Promise<void>;
  /** Hands on what servers that have fallen silent had begun. Done by itself every five seconds. */
  tend(): Promise<void>;
  /** Lets what is under way come to an end, be it in the middle of a job, and begins nothing more. */
  stop(): Promise<void>;
};

/** What is counted of jobs. */
export type JobMetrics = {
  item: StepParts['onItem'];
  ended: StepParts['onEnded'];
  /** Asks what waits when asked. */
  watch(backlog: () => ReturnType<typeof readJobBacklog>): void;
};

const EVERY_MS = 60_000;
/** Steps of jobs at one time. Changes of a tree come one after the other anyway, and others need connections, too. */
const STEPS_AT_ONCE = 2;
/** How long it can be seen what became of a job: as long as bulk work and imports can be undone (rules/jobs 10). */
const JOBS_KEPT_DAYS = 30;

type JobOptions = {
  readonly jobs: readonly AnyJob[];
  readonly sessions: Pick<Sessions, 'forgetEnded'>;
  readonly metrics: JobMetrics;
  readonly onProgress: StepParts['onProgress'];
  readonly onError: (error: unknown, where?: object) => void;
  /** So many servers fell silent. */
  readonly onSilent: (servers: number) => void;
};

const NAMES_AT_ONCE = 1_000;
const ANSWERS_AT_ONCE = 5_000;
/** Versions of products that are forgotten by one statement. */
const VERSIONS_AT_ONCE = 1_000;
/** Days for which a preset that was removed can come back. */
const PRESET_DAYS = 30;

/** Indexes names that came from another tree. */
async function indexAllNames(hall: Hall): Promise<void> {
  while ((await indexNames(hall.db, NAMES_AT_ONCE)) === NAMES_AT_ONCE);
}

/** Forgets what calls were answered, when their idempotency keys are worth nothing any more, and what products and presets were, when nobody can bring it back. */
async function forgetPast(hall: Hall): Promise<void> {
  const before = (days: number): Instant => instantOf(hall.clock.nowMs() - days * DAY_MS);
  while ((await forgetKeptAnswers(hall.db, before(KEPT_DAYS), ANSWERS_AT_ONCE)) === ANSWERS_AT_ONCE);
  while ((await forgetVersions(hall.db, before(VERSION_DAYS), VERSIONS_AT_ONCE)) === VERSIONS_AT_ONCE);
  await forgetPresets(hall.db, before(PRESET_DAYS));
}

/** Works on jobs, and looks every minute for what is due. Every server does; what is done is done once, by whichever comes first. */
export async function startJobs(hall: Hall, options: JobOptions): Promise<Jobs> {
  const { jobs, metrics, onProgress, onError, onSilent } = options;
  let isStopping = false;
  const parts: StepParts = {
    hall,
    jobs: new Map(jobs.map((job) => [job.name, job])),
    isStopping: () => isStopping,
    onItem: metrics.item,
    onEnded: metrics.ended,
    onProgress,
    onError,
  };
  const queue = await openQueue(hall.db, {
    step: (ref) => runJobStep(parts, ref),
    atOnce: STEPS_AT_ONCE,
    onError,
    onSilent,
  });
  metrics.watch(() => hall.db.onBehalfOf(null, () => readJobBacklog(hall.db)));
  let running: Promise<void> = Promise.resolve();

  const run = (): Promise<void> => {
    const next = running.then(() => doDue(hall, options));
    running = next.catch(() => undefined);
    return next;
  };

  const timer = setInterval(() => {
    run().catch(onError);
  }, EVERY_MS);
  timer.unref();

  return {
    run,
    tend: () => queue.tend(),
    stop: async () => {
      isStopping = true;
      clearInterval(timer);
      await Promise.all([running, queue.close()]);
    },
  };
}

/** What is due by the clock, all of it at once: what fails of one holds up no other. */
async function doDue(hall: Hall, { sessions, onError }: Pick<JobOptions, 'sessions' | 'onError'>): Promise<void> {
  const now = nowOf(hall);
  const due = [
    orderErasing(hall),
    beginPeriods(hall),
    followPlansDue(hall, onError),
    doTransfersDue(hall, onError),
    keepUsage(hall),
    closeWhatIsDue(hall, onError),
    freezeWhatIsDue(hall, onError),
    eraseExpiredEmbedTokens(hall.db, now),
    deleteEndedAttempts(hall.db, now),
    forgetTreeChanges(hall.db, hall.settings.liveResumeMinutes),
    forgetPast(hall),
    forgetJobs(hall.db, { endedBefore: instantOf(hall.clock.nowMs() - JOBS_KEPT_DAYS * DAY_MS), now }),
    forgetImports(hall.db, now),
    sessions.forgetEnded(),
    indexAllNames(hall),
    // What was counted by servers that ended right after; and all there is, when a month begins.
    settleEverySort(hall.db, now),
  ];
  for (const outcome of await Promise.allSettled(due)) if (outcome.status === 'rejected') throw outcome.reason;
}
