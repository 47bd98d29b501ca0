import { type Kysely, sql } from 'kysely';

/**
 * Events and roll-ups by month of UTC, each month a table of its own: a month is forgotten by dropping it, and a key is unique within its
 * month by an index (docs/decisions/0011-usage-by-month.md). No row-level security reads them: the application gets no grant, and doors ask
 * the acting account on other tables before they touch them. Nothing here refers to a table that stays behind when these are distributed.
 */
export const months = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Months since the year 0, so that the one before is one less.
    CREATE FUNCTION month_of(p_at timestamptz) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT (extract(year FROM p_at AT TIME ZONE 'UTC') * 12 + extract(month FROM p_at AT TIME ZONE 'UTC') - 1)::int $$;
    CREATE FUNCTION month_start(p_month int) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT make_date(p_month / 12, p_month % 12 + 1, 1)::timestamp AT TIME ZONE 'UTC' $$;
    CREATE FUNCTION month_name(p_month int) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT lpad((p_month / 12)::text, 4, '0') || '_' || lpad((p_month % 12 + 1)::text, 2, '0') $$;
    -- Days and hours of every time zone in use can be cut from quarters of an hour, of some (Kolkata, Kathmandu, Adelaide) not from hours.
    CREATE FUNCTION quarter_of(p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT date_bin('15 minutes', p_at, timestamptz '2000-01-01 00:00:00Z') $$;
    CREATE FUNCTION next_quarter(p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      AS $$ SELECT date_bin('15 minutes', p_at + interval '15 minutes' - interval '1 microsecond', timestamptz '2000-01-01 00:00:00Z') $$;

    ALTER TABLE usage_events RENAME TO usage_events_of_all_time;
    ALTER INDEX usage_events_pkey RENAME TO usage_events_of_all_time_pkey;
    ALTER INDEX usage_events_time RENAME TO usage_events_of_all_time_time;
    CREATE TABLE usage_events (
      account_id uuid NOT NULL, key text NOT NULL, month int NOT NULL, meter text NOT NULL, quantity numeric(38, 9) NOT NULL,
      occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, attributes jsonb NOT NULL DEFAULT '{}',
      kind text NOT NULL DEFAULT 'usage' CHECK (kind IN ('usage', 'adjustment')), reason text,
      PRIMARY KEY (account_id, key, month), CHECK (kind = 'adjustment' OR quantity >= 0), CHECK ((kind = 'adjustment') = (reason IS NOT NULL))
    ) PARTITION BY LIST (month);
    -- Events arrive roughly in the order of their time, so a block range index finds a period; a btree cost 25 % of every flush.
    -- Ranges of blocks that nobody summarised are read whole, and without autosummarize only a vacuum does it.
    CREATE INDEX usage_events_time ON usage_events USING brin (occurred_at) WITH (pages_per_range = 32, autosummarize = on);

    -- What was counted, by quarter of an hour. own: the account's; total: with everything that was below it at the time.
    CREATE TABLE usage_quarters (
      account_id uuid NOT NULL, meter text NOT NULL, quarter timestamptz NOT NULL, own numeric(38, 9) NOT NULL, total numeric(38, 9) NOT NULL,
      PRIMARY KEY (account_id, meter, quarter)
    ) PARTITION BY RANGE (quarter);

    -- The months that have tables. recorded_until: until when events of it came in; null: none yet; infinity: the current month.
    CREATE TABLE usage_months (month int PRIMARY KEY, recorded_until timestamptz);
    ALTER TABLE usage_events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE usage_quarters ENABLE ROW LEVEL SECURITY;
    ALTER TABLE usage_months ENABLE ROW LEVEL SECURITY;

    -- Makes the tables of a month, unless they are there. Several may ask for one at once. They are attached, which lets others go on
    -- recording meanwhile; making them as partitions would not.
    CREATE FUNCTION make_month(p_month int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      events text := 'usage_events_' || month_name(p_month);
      quarters text := 'usage_quarters_' || month_name(p_month);
    BEGIN
      IF EXISTS (SELECT FROM usage_months WHERE month = p_month) THEN
        RETURN;
      END IF;
      PERFORM pg_advisory_xact_lock(hashtextextended('make_month', 0));
      IF EXISTS (SELECT FROM usage_months WHERE month = p_month) THEN
        RETURN;
      END IF;
      EXECUTE format('CREATE TABLE %1$I (LIKE usage_events INCLUDING ALL); ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY;
        ALTER TABLE usage_events ATTACH PARTITION %1$I FOR VALUES IN (%2$s)', events, p_month);
      -- Roll-ups outlive the events of their month. Room in their pages keeps what is counted into them again where it is.
      IF to_regclass(quarters) IS NULL THEN
        EXECUTE format('CREATE TABLE %1$I (LIKE usage_quarters INCLUDING ALL) WITH (fillfactor = 60); ALTER TABLE %1$I ENABLE ROW LEVEL SECURITY;
          ALTER TABLE usage_quarters ATTACH PARTITION %1$I FOR VALUES FROM (%2$L) TO (%3$L)', quarters, month_start(p_month), month_start(p_month + 1));
      END IF;
      INSERT INTO usage_months (month) VALUES (p_month);
    END $$;

    -- Makes the months around now, and drops the events and keys of those that were over before p_before (null: of none).
    -- Answers how many months were dropped. Recording goes on: what is dropped is too old for it.
    CREATE FUNCTION keep_months(p_now timestamptz, p_before timestamptz) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
    DECLARE
      old int;
      dropped int := 0;
    BEGIN
      PERFORM make_month(month_of(p_now) + n) FROM generate_series(-1, 1) n;
      IF EXISTS (SELECT FROM usage_months WHERE month_start(month + 1) <= p_before) THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('make_month', 0));
        FOR old IN SELECT month FROM usage_months WHERE month_start(month + 1) <= p_before AND recorded_until IS DISTINCT FROM 'infinity' LOOP
          EXECUTE format('DROP TABLE %I', 'usage_events_' || month_name(old));
          DELETE FROM usage_months WHERE month = old;
          dropped := dropped + 1;
        END LOOP;
      END IF;
      RETURN dropped;
    END $$;
    REVOKE ALL ON FUNCTION make_month, keep_months FROM PUBLIC;
  `.execute(db);
