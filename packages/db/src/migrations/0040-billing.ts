import { type Kysely, sql } from 'kysely';

/** What billing reads: what was used at places that accounts left inside a period, and by payer (docs/rules/money.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What an account used itself between the start of a billing period and the instant inside it at which it left a place, or since the
    -- place that it left before. With it no invoice reads events: whatever else was used in a period belongs to where the account stood
    -- when the period ended. Written by moves, and by counts of what is late. Where that was: past_placements.
    CREATE TABLE usage_segments (
      account_id uuid NOT NULL, valid_to timestamptz NOT NULL, meter text NOT NULL, quantity numeric(29, 9) NOT NULL,
      PRIMARY KEY (account_id, valid_to, meter)
    );
    ALTER TABLE usage_segments ENABLE ROW LEVEL SECURITY;
    CREATE INDEX past_placements_payer ON past_placements (payer_id, valid_to);

    -- Of the moves there were: from the events, once.
    INSERT INTO usage_segments (account_id, valid_to, meter, quantity)
      SELECT p.account_id, p.valid_to, e.meter, sum(e.quantity)
      FROM (
        SELECT account_id, valid_to, greatest(
          lag(valid_to, 1, '-infinity') OVER (PARTITION BY account_id ORDER BY valid_to), date_trunc('month', valid_to, 'UTC')) AS since
        FROM past_placements WHERE valid_to < 'infinity'
      ) p
      JOIN usage_events e ON e.account_id = p.account_id AND e.occurred_at >= p.since AND e.occurred_at < p.valid_to
        AND e.month = (extract(year FROM p.valid_to AT TIME ZONE 'UTC') * 12 + extract(month FROM p.valid_to AT TIME ZONE 'UTC') - 1)::int
      GROUP BY 1, 2, 3;
    -- But for what waits to be counted: the count will note it.
    UPDATE usage_segments s SET quantity = s.quantity - w.quantity FROM (
      SELECT n.account_id, p.valid_to, u.meter, sum(n.quantity) AS quantity
      FROM uncounted_usage u CROSS JOIN LATERAL unnest(u.accounts, u.quantities, u.occurred_at) n(account_id, quantity, occurred_at)
      CROSS JOIN LATERAL (SELECT p.valid_to FROM past_placements p WHERE p.account_id = n.account_id AND p.valid_to > n.occurred_at ORDER BY p.valid_to LIMIT 1) p
      WHERE date_trunc('month', p.valid_to, 'UTC') = date_trunc('month', n.occurred_at, 'UTC') GROUP BY 1, 2, 3
    ) w WHERE s.account_id = w.account_id AND s.valid_to = w.valid_to AND s.meter = w.meter;
  `.execute(db);
}
