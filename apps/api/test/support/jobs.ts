import type { TestDatabase } from '@tenantree/db/testing';
import { expect, vi } from 'vitest';

/** Resolves when no job is under way any more, or waits. */
export const jobsEnded = (database: TestDatabase, timeout = 15_000): Promise<void> =>
  vi.waitFor(
    async () => expect(await database.asOwner(`SELECT kind, state FROM jobs WHERE ended_at IS NULL`)).toEqual([]),
    { timeout, interval: 25 },
  );
