import { type Kysely, sql } from 'kysely';

/** What counting usage pays for limits, made less: thresholds are looked at where one may be reached, and nowhere else (rules/limits 12). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- From what counted use on somebody has to look at the account's limit again: the next threshold that would tell, or the next mark of how
    -- near a maximum it is. 0: at the next count. NULL: nothing above it tells, as where nothing limits.
    ALTER TABLE usage_totals ADD tells_at numeric;
    UPDATE usage_totals t SET tells_at = 0 FROM limits b WHERE b.metered AND b.account_id = t.account_id AND b.kind = t.meter;

    -- Without the account, a look-up by the whole key in a young table was one through all limits of the tree, as cheap by its statistics.
    DROP INDEX limits_kind;
    CREATE INDEX limits_kind ON limits (root_id, kind, account_id);
    -- Whoever promises something, or was promised something, has what is held kept with each count.
    CREATE INDEX limits_promised ON limits (root_id, kind, account_id) WHERE reserve > 0 OR promised > 0;

    DROP FUNCTION IF EXISTS mark_limit(uuid, uuid, text, timestamptz, numeric);
  `.execute(db);
}
