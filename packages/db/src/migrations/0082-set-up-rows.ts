import { type Kysely, sql } from 'kysely';

/** Rows of files of accounts say which blueprint sets theirs up. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- blueprint: by its id or name; null: none.
    ALTER TABLE account_import_rows ADD COLUMN blueprint text;
  `.execute(db);
}
