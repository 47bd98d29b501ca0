import { eraseClosedJob } from '../accounts/erase-closed.ts';
import { reactivateManyJob, suspendManyJob } from '../accounts/status-jobs.ts';
import { mailReachedJob } from '../limits/mail-reached-job.ts';
import { setManyLimitsJob } from '../limits/set-many-job.ts';
import type { AnyJob } from './define-job.ts';

/** Every job that a server can do. */
export const JOBS: readonly AnyJob[] = [
  eraseClosedJob,
  setManyLimitsJob,
  mailReachedJob,
  suspendManyJob,
  reactivateManyJob,
];
