import type { Instant } from '@tenantree/domain';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * Makes the tables of the month before, of this one and of the next, and drops the events of those months that were over before
 * `eventsSince` (null: of none), with their idempotency keys. Their roll-ups and totals stay. Several servers may ask at once.
 *
 * @returns how many months were dropped
 * @throws the driver's error when a month is in use for longer than two seconds; ask again later
 */
export async function keepMonths(
  db: Database,
  { now, eventsSince }: { readonly now: Instant; readonly eventsSince: Instant | null },
): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`
    SELECT public.keep_months(${now}::timestamptz, ${eventsSince}::timestamptz) AS dropped`.execute(db.app);
  return rows[0]!.dropped;
}
