import { type Kysely, sql } from 'kysely';

/** Departures say what left, and what became of it: whoever is left behind reaches none of it any more. Of those before, nobody knows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- went: how many accounts left, the one and all below it. invited: how many people were invited as agency admins. ended: what ended of people
    -- from above, by kind. products: what became of those that came from above and weren't handed over; settled: how many copies of them that were.
    ALTER TABLE departures ADD went int, ADD invited int, ADD ended jsonb, ADD products jsonb NOT NULL DEFAULT '[]', ADD settled jsonb;
  `.execute(db);
}
