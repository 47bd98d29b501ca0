import { type Kysely, sql } from 'kysely';

/** Copies that come together are compared with what blueprints set up once for each account: it was once for each of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE OR REPLACE FUNCTION keep_new_links_drift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$ BEGIN RETURN NULL; END $$;
    DROP TRIGGER keep_link_drift ON product_links;
    CREATE TRIGGER keep_link_drift AFTER UPDATE OF base_doc OR DELETE ON product_links FOR EACH ROW EXECUTE FUNCTION keep_link_drift();
    CREATE TRIGGER keep_new_links_drift AFTER INSERT ON product_links REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION keep_new_links_drift();
  `.execute(db);
}
