import { type Kysely, sql } from 'kysely';

/** Indexes of leases that cost an admission less: half of what one lease takes is its place in them (docs/benchmarks.md, Control). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Callers' names are only ever compared for being the same: byte by byte, without asking for a language's order.
    ALTER TABLE leases ALTER key TYPE text COLLATE "C";
    -- What is over is ended within a second: little is, and so whoever looks in one tree alone passes over few of others.
    DROP INDEX leases_overdue;
    CREATE INDEX leases_overdue ON leases (expires_at);
  `.execute(db);
}
