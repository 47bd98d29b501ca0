import { eraseClosedJob } from '../accounts/erase-closed.ts';
import type { AnyJob } from './define-job.ts';

/** Every job that a server can do. */
export const JOBS: readonly AnyJob[] = [eraseClosedJob];
