import { type Kysely, sql } from 'kysely';

/** What a plan allows stands in the limits of its main account. Plans that accounts have already are brought in line by the job of every minute. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What the plan of the account allows at the most, which the maximum is never above. NULL: no plan bounds it.
    ALTER TABLE limits ADD plan_cap numeric(29, 9) CHECK (plan_cap IS NULL OR (plan_cap >= 0 AND cap <= plan_cap AND at_limit = 'block') IS TRUE);
    -- Whether what its plan allows stands in the limits of its account; of one to come: not yet.
    ALTER TABLE subscriptions ADD in_limits boolean NOT NULL DEFAULT false;
    UPDATE subscriptions SET in_limits = true WHERE valid_to <= now();
    CREATE INDEX subscriptions_to_follow ON subscriptions (valid_from) WHERE NOT in_limits;
  `.execute(db);
}
