import type { Kysely } from 'kysely';
import { embedSessions } from './0023-jobs/embed-sessions.ts';
import { jobs } from './0023-jobs/jobs.ts';

/** Jobs (docs/decisions/0019-jobs.md), and sessions of embedded screens that can be listed and ended, on origins that an account lists. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await jobs(db);
  await embedSessions(db);
}
