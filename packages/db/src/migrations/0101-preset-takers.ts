import { type Kysely, sql } from 'kysely';

/** Who took which version of a preset, without looking at any of them: those with the same levels stand together, and one of them is compared. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE account_caps ADD COLUMN levels_hash bigint GENERATED ALWAYS AS (jsonb_hash_extended(levels, 0)) STORED;
    CREATE INDEX account_caps_takers ON account_caps (root_id, preset_id, preset_version, levels_hash, account_id) WHERE preset_id IS NOT NULL;
  `.execute(db);
}
