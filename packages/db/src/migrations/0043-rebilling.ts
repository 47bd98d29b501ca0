import { type Kysely, sql } from 'kysely';

/** Price books, who has which, and statements with their lines and numbers (rules/money 15). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await books(db);
  await statements(db);
  await rights(db);
}

const books = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Of one seller. A row is a version, and never changes.
    CREATE TABLE books (
      account_id uuid NOT NULL, id uuid NOT NULL, version int NOT NULL, name text NOT NULL, terms jsonb NOT NULL, saved_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id, version)
    );
    -- Which book a direct subaccount has of a seller over which time: no two at once. valid_to NULL: it goes on. stated_to: the first period of
    -- it that has no statement yet; infinity: it has ended, and what came late of it is on a statement, too.
    CREATE TABLE book_assignments (
      account_id uuid NOT NULL, customer_id uuid NOT NULL, valid_from timestamptz NOT NULL, valid_to timestamptz,
      book_id uuid NOT NULL, book_version int NOT NULL, stated_to timestamptz NOT NULL,
      PRIMARY KEY (account_id, customer_id, valid_from), CHECK (valid_to > valid_from),
      EXCLUDE USING gist (account_id WITH =, customer_id WITH =, tstzrange(valid_from, valid_to) WITH &&)
    );
    CREATE INDEX book_assignments_customer ON book_assignments (customer_id);
    CREATE INDEX book_assignments_stated ON book_assignments (stated_to);
  `.execute(db);

const statements = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Of one seller for one customer. terms: by what it was made (books, what they came to, quantities, what was included). A draft is whole,
    -- and waits for nothing but its number.
    CREATE TABLE statements (
      account_id uuid NOT NULL, id uuid NOT NULL, customer_id uuid NOT NULL, customer_name text,
      kind text NOT NULL CHECK (kind IN ('period', 'supplement')), period timestamptz NOT NULL,
      status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'frozen')), year int, number int, frozen_at timestamptz,
      currency text NOT NULL, exponent smallint NOT NULL, total bigint NOT NULL, lines int NOT NULL, terms jsonb NOT NULL, drafted_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id), UNIQUE (account_id, customer_id, period, kind), UNIQUE (account_id, year, number),
      CHECK ((status = 'frozen') = (number IS NOT NULL) AND (number IS NULL) = (frozen_at IS NULL) AND (number IS NULL) = (year IS NULL))
    );
    CREATE INDEX statements_drafts ON statements (drafted_at) WHERE status = 'draft';
    CREATE INDEX statements_customer ON statements (customer_id, id);
    -- The last number of each seller and year: taken by the transaction that freezes, so that there are no gaps.
    CREATE TABLE statement_series (
      account_id uuid NOT NULL, year int NOT NULL, last int NOT NULL, last_at timestamptz NOT NULL, PRIMARY KEY (account_id, year)
    ) WITH (fillfactor = 50);
    -- As the lines of invoices. valid_from, valid_to: the part of the period that it is for; of what came late, too.
    CREATE TABLE statement_lines (
      account_id uuid NOT NULL, statement_id uuid NOT NULL, n int NOT NULL, type text NOT NULL CHECK (type IN ('fee', 'usage', 'late')),
      for_account uuid, for_name text, above text[], place bytea, meter text, of_period timestamptz, quantity numeric(29, 9),
      valid_from timestamptz, valid_to timestamptz, of_line int, amount bigint NOT NULL,
      PRIMARY KEY (account_id, statement_id, n)
    );
  `.execute(db);

const rights = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['books', 'book_assignments', 'statements', 'statement_series', 'statement_lines'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
      END LOOP;
      FOREACH name IN ARRAY ARRAY['books', 'book_assignments', 'statement_series'] LOOP
        EXECUTE format('CREATE POLICY own_account ON %I TO tenantree_app USING (account_id = (SELECT acting_account())) WITH CHECK (account_id = (SELECT acting_account()))', name);
      END LOOP;
      FOREACH name IN ARRAY ARRAY['statements', 'statement_lines'] LOOP
        EXECUTE format('CREATE POLICY seller ON %I FOR SELECT TO tenantree_app USING (account_id = (SELECT acting_account()))', name);
        EXECUTE format('CREATE POLICY writes ON %I FOR INSERT TO tenantree_app WITH CHECK (account_id = (SELECT acting_account()))', name);
      END LOOP;
    END $$;
    -- A statement that is frozen never changes; the customer reads it from then on.
    CREATE POLICY freezes ON statements FOR UPDATE TO tenantree_app
      USING (account_id = (SELECT acting_account()) AND status = 'draft') WITH CHECK (account_id = (SELECT acting_account()));
    CREATE POLICY customer ON statements FOR SELECT TO tenantree_app USING (customer_id = (SELECT acting_account()) AND status = 'frozen');
    CREATE POLICY customer ON statement_lines FOR SELECT TO tenantree_app USING (EXISTS (
      SELECT FROM statements s WHERE s.account_id = statement_lines.account_id AND s.id = statement_lines.statement_id
        AND s.customer_id = (SELECT acting_account()) AND s.status = 'frozen'));
    GRANT SELECT, INSERT ON books, statements, statement_lines TO tenantree_app;
    GRANT UPDATE (status, year, number, frozen_at) ON statements TO tenantree_app;
    GRANT SELECT, INSERT, UPDATE ON statement_series TO tenantree_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON book_assignments TO tenantree_app;
  `.execute(db);
