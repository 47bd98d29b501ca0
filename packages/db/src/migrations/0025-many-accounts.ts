import { type Kysely, sql } from 'kysely';

/**
 * Accounts are made by statements, however many at once: what comes with new ones (directory, search, order) is written once for all of a
 * statement.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    DROP TRIGGER note_root ON accounts;
    DROP TRIGGER index_name ON accounts;
    DROP TRIGGER keep_sorted_rows ON accounts;
    DROP FUNCTION note_root, sort_child;

    CREATE OR REPLACE FUNCTION register_accounts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      roots uuid[];
      children uuid[];
    BEGIN
      INSERT INTO account_roots (id, root_id) SELECT a.id, a.root_id FROM arrived a;
      INSERT INTO account_search (root_id, account_id, tokens) SELECT a.root_id, a.id, name_tokens(a.root_id, a.search_key) FROM arrived a;
      SELECT array_agg(a.root_id), array_agg(a.id) INTO roots, children FROM arrived a
        WHERE (SELECT true FROM sorted_parents s WHERE s.root_id = a.root_id AND s.account_id = a.parent_id LIMIT 1);
      IF children IS NOT NULL THEN PERFORM sort_among_siblings(roots, children); END IF;
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION register_accounts FROM PUBLIC;
    CREATE TRIGGER register_accounts AFTER INSERT ON accounts REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION register_accounts();
    CREATE TRIGGER index_name AFTER UPDATE OF name_key ON accounts FOR EACH ROW EXECUTE FUNCTION index_name();
  `.execute(db);
}
