import type { TestDatabase } from '@tenantree/db/testing';
import { expect, vi } from 'vitest';

/** Resolves when no job is under way any more, or waits. */
export const jobsEnded = (database: TestDatabase, timeout = 15_000): Promise<void> =>
  vi.waitFor(
    async () => expect(await database.asOwner(`SELECT kind, state FROM jobs WHERE ended_at IS NULL`)).toEqual([]),
    { timeout, interval: 25 },
  );

/**
 * Lets half a minute go by for servers that are silent: what they had begun is anybody's then.
 *
 * @param pool the one that is; all of them when left out
 */
export async function passSilence(database: TestDatabase, pool: string | null = null): Promise<void> {
  await database.asOwner(
    `UPDATE job_workers SET seen_at = seen_at - interval '30 s' WHERE $1::text IS NULL OR pool_id = $1`,
    [pool],
  );
  await database.asOwner(`UPDATE graphile_worker._private_jobs SET locked_at = locked_at - interval '30 s'`);
}
