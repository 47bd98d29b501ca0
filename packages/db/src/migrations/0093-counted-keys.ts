import { type Kysely, sql } from 'kysely';

/** API keys are counted like all that accounts have, so that they can be limited: those that are there count from now on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Whether it is one of those that its account has: until it is revoked, or until one is made in its tree after its time was over.
    ALTER TABLE api_keys ADD counted boolean NOT NULL DEFAULT false;
    UPDATE api_keys SET counted = true WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
    CREATE INDEX api_keys_to_end ON api_keys (root_id, expires_at) WHERE counted;
    INSERT INTO resource_totals (root_id, account_id, resource, own, total)
      SELECT a.root_id, c.id, 'apiKeys', sum(CASE WHEN c.id = a.id THEN k.n ELSE 0 END), sum(k.n)
      FROM (SELECT root_id, account_id, count(*) AS n FROM api_keys WHERE counted GROUP BY 1, 2) k
      JOIN accounts a ON a.root_id = k.root_id AND a.id = k.account_id
      CROSS JOIN LATERAL unnest(path_of(a.root_id, a.path_key)) c(id)
      WHERE c.id = a.id OR a.status <> 'closed' GROUP BY 1, 2;
  `.execute(db);
}
