import {
  deleteEndedAttempts,
  eraseExpiredEmbedTokens,
  forgetKeptAnswers,
  forgetTreeChanges,
  indexNames,
  settleEverySort,
} from '@tenantree/db';
import { DAY_MS, instantOf } from '@tenantree/domain';
import type { Sessions } from '../auth/sessions.ts';
import { KEPT_DAYS } from '../guard/once.ts';
import { type Hall, nowOf } from '../hall/hall.ts';
import { keepUsage } from '../usage/usage-door.ts';
import { eraseClosed } from './erase-closed.ts';

/** What is done without anybody asking. */
export type Jobs = {
  /** Does everything that is due now. @throws the first error, after trying all */
  run(): Promise<void>;
  /** Lets a run that is under way end, and begins no other. */
  stop(): Promise<void>;
};

const EVERY_MS = 60_000;

type JobOptions = { readonly sessions: Pick<Sessions, 'forgetEnded'>; readonly onError: (error: unknown) => void };

const NAMES_AT_ONCE = 1_000;
const ANSWERS_AT_ONCE = 5_000;

/** Indexes names that came from another tree. */
async function indexAllNames(hall: Hall): Promise<void> {
  while ((await indexNames(hall.db, NAMES_AT_ONCE)) === NAMES_AT_ONCE);
}

/** Forgets what calls were answered, when their idempotency keys are worth nothing any more. */
async function forgetAnswers(hall: Hall): Promise<void> {
  const until = instantOf(hall.clock.nowMs() - KEPT_DAYS * DAY_MS);
  while ((await forgetKeptAnswers(hall.db, until, ANSWERS_AT_ONCE)) === ANSWERS_AT_ONCE);
}

/** Looks every minute for what is due. Every server does; what is done is done once, by whichever comes first. */
export function startJobs(hall: Hall, { sessions, onError }: JobOptions): Jobs {
  let running: Promise<void> = Promise.resolve();

  const runAll = async (): Promise<void> => {
    const now = nowOf(hall);
    const jobs = [
      eraseClosed(hall),
      keepUsage(hall),
      eraseExpiredEmbedTokens(hall.db, now),
      deleteEndedAttempts(hall.db, now),
      forgetTreeChanges(hall.db, hall.settings.liveResumeMinutes),
      forgetAnswers(hall),
      sessions.forgetEnded(),
      indexAllNames(hall),
      // What was counted by servers that ended right after; and all there is, when a month begins.
      settleEverySort(hall.db, now),
    ];
    for (const outcome of await Promise.allSettled(jobs)) if (outcome.status === 'rejected') throw outcome.reason;
  };

  const run = (): Promise<void> => {
    const next = running.then(runAll);
    running = next.catch(() => undefined);
    return next;
  };

  const timer = setInterval(() => {
    run().catch(onError);
  }, EVERY_MS);
  timer.unref();

  return {
    run,
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
