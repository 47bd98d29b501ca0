import { z } from 'zod';
import { defineJob } from '../../src/jobs/define-job.ts';

/** How many servers one of its items kills: each takes seconds to start. */
export const DEADLY_ATTEMPTS = 3;

/** Ends the server that works on one of its items without a word, as `kill -9` does; of the others there is nothing to do but to note it. */
export const deadlyJob = defineJob({
  name: 'test.deadly',
  label: 'Kill servers',
  procedure: 'accounts.rename',
  payload: z.strictObject({ isDeadly: z.boolean() }),
  retry: { attempts: DEADLY_ATTEMPTS, firstMs: 60_000, factor: 1 },
  run: async ({ hall, job, payload: { isDeadly }, done }) => {
    if (isDeadly) process.kill(process.pid, 'SIGKILL');
    await hall.db.withTenant(job.account, (trx) => done(trx));
    return 'done';
  },
});
