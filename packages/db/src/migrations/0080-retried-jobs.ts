import { type Kysely, sql } from 'kysely';

/** Whoever lets a job try again what failed of it has asked for what is done from then on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`GRANT UPDATE (asked_by) ON jobs TO tenantree_app`.execute(db);
}
