import { type Kysely, sql } from 'kysely';

/** What limits remember of what was reached, and what is promised from the next billing period on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The billing period in which an account came near a maximum of its own, and in which counted use came to stand at it or above. Of another
    -- period than the present one they say nothing.
    ALTER TABLE limits ADD near_in timestamptz, ADD full_in timestamptz;
    CREATE INDEX limits_near ON limits (root_id, kind, near_in) WHERE near_in IS NOT NULL;
    CREATE INDEX limits_full ON limits (root_id, kind, full_in) WHERE full_in IS NOT NULL;
    -- Whoever may have nothing is at it always.
    CREATE INDEX limits_nothing ON limits (root_id, kind) WHERE cap = 0;

    -- What accounts are promised from a billing period on, and what those above promise then: of kinds that are counted by period another
    -- reserve may have been set for the next one.
    ALTER TABLE limits ADD next_reserve numeric(29, 9) NOT NULL DEFAULT 0 CHECK (next_reserve >= 0),
      ADD next_promised numeric(29, 9) NOT NULL DEFAULT 0 CHECK (next_promised >= 0), ADD next_from timestamptz;
    UPDATE limits SET next_reserve = reserve, next_promised = promised WHERE reserve > 0 OR promised > 0;
    CREATE INDEX limits_next ON limits (next_from) WHERE next_from IS NOT NULL;

    -- It was recorded when its account, or one above, had used up its maximum; or it is more than what was granted to it.
    ALTER TABLE usage_events ADD over_limit boolean NOT NULL DEFAULT false;
  `.execute(db);
}
