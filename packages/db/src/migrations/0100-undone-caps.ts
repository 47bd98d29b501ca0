import { type Kysely, sql } from 'kysely';

/** Caps know what their last change found, so that it can be taken back whole: levels alone left the account a taker of a preset that was undone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Who changed them last and when, the levels before, which of them were the account's alone, and the preset before; NULL: as the account was made.
    ALTER TABLE account_caps ADD COLUMN last jsonb;
    GRANT UPDATE (last) ON account_caps TO tenantree_app;
  `.execute(db);
}
