import type { Pool } from 'pg';

const DIFFERENT_TOTALS = `
  WITH events AS (
    SELECT x.id AS account_id, sum(e.quantity) AS total, count(*) AS total_events,
      coalesce(sum(e.quantity) FILTER (WHERE x.id = e.account_id), 0) AS own, count(*) FILTER (WHERE x.id = e.account_id) AS own_events
    FROM usage_events e JOIN accounts a ON a.id = e.account_id, unnest(path_of(a.root_id, a.path_key)) x(id) GROUP BY 1
  )
  SELECT count(*)::int AS n FROM events e FULL JOIN usage_totals t USING (account_id)
  WHERE (e.own, e.total, e.own_events, e.total_events) IS DISTINCT FROM (t.own, t.total, t.own_events, t.total_events)`;

/**
 * Adds every event up again and compares: accepted calls with stored events, and (with `totals`) each account's own and
 * subtree totals with the events below it.
 * @returns number of accounts that differ, plus one when the number of stored events does
 */
export async function countMismatches(owner: Pool, accepted: number, scope: 'events' | 'totals'): Promise<number> {
  const stored = await owner.query<{ n: number }>('SELECT count(*)::int AS n FROM usage_events');
  const lost = stored.rows[0]?.n === accepted ? 0 : 1;
  if (scope === 'events') return lost;
  const different = await owner.query<{ n: number }>(DIFFERENT_TOTALS);
  return lost + (different.rows[0]?.n ?? 1);
}
