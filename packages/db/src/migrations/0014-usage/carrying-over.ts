import { type Kysely, sql } from 'kysely';

/**
 * Brings the events of the releases before into their months, and adds up their roll-ups by the placements of their time: a few statements
 * a month. What is uncounted is not in the roll-ups yet: whoever counts it adds it.
 */
export const carryingOver = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE FUNCTION carry_over(p_month int) RETURNS bigint LANGUAGE plpgsql SET search_path = public, pg_temp SET work_mem = '256MB' AS $$
    DECLARE
      first timestamptz := month_start(p_month);
      next timestamptz := month_start(p_month + 1);
      carried bigint;
    BEGIN
      PERFORM make_month(p_month);
      INSERT INTO usage_events (account_id, key, month, meter, quantity, occurred_at, recorded_at, attributes, kind, reason)
        SELECT account_id, key, p_month, meter, quantity, occurred_at, recorded_at, attributes, kind, reason
        FROM usage_events_of_all_time WHERE occurred_at >= first AND occurred_at < next ORDER BY account_id, key;
      GET DIAGNOSTICS carried = ROW_COUNT;
      UPDATE usage_months SET recorded_until = (SELECT max(recorded_at) FROM usage_events WHERE month = p_month) WHERE month = p_month;
      INSERT INTO usage_quarters (account_id, meter, quarter, own, total)
        WITH recorded AS (
          SELECT e.account_id, e.meter, e.occurred_at, e.quantity, 1 AS events FROM usage_events e WHERE e.month = p_month
          UNION ALL
          SELECT n.account_id, w.meter, n.occurred_at, -n.quantity, -1
          FROM uncounted_usage w CROSS JOIN LATERAL unnest(w.accounts, w.quantities, w.occurred_at) n(account_id, quantity, occurred_at)
          WHERE n.occurred_at >= first AND n.occurred_at < next
        ), counted AS (
          SELECT e.meter, quarter_of(e.occurred_at) AS quarter,
            CASE WHEN e.occurred_at >= a.placed_at THEN uuid_send(a.root_id) || a.path_key ELSE chain_at(e.account_id, e.occurred_at) END AS chain,
            sum(e.quantity) AS quantity
          FROM recorded e LEFT JOIN accounts a ON a.id = e.account_id GROUP BY 1, 2, 3 HAVING sum(e.events) > 0
        )
        SELECT id_at(c.chain, l), c.meter, c.quarter,
          coalesce(sum(c.quantity) FILTER (WHERE l * 16 = octet_length(c.chain)), 0), sum(c.quantity)
        FROM counted c CROSS JOIN LATERAL generate_series(1, octet_length(c.chain) / 16) l GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
      RETURN carried;
    END $$;

    DO $$
    DECLARE
      month int;
      months int[] := ARRAY(SELECT DISTINCT month_of(occurred_at) FROM usage_events_of_all_time ORDER BY 1);
    BEGIN
      FOREACH month IN ARRAY months LOOP
        RAISE NOTICE 'usage of %: % events carried over', to_char(month_start(month), 'YYYY-MM'), carry_over(month);
      END LOOP;
      PERFORM make_month(month_of(now()) + n) FROM generate_series(-1, 1) n;
      UPDATE usage_months m SET recorded_until = 'infinity' WHERE m.month = month_of(now());
    END $$;
    DROP FUNCTION carry_over;
    DROP TABLE usage_events_of_all_time;
  `.execute(db);
