import { type Kysely, sql } from 'kysely';

/** Plans, who has which, billing details, invoices with their lines and numbers, and balances (docs/rules/money.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await plans(db);
  await invoices(db);
  await lines(db);
  await rights(db);
  await files(db);
}

const plans = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- A row is a version, and never changes, but for whether it is offered still.
    CREATE TABLE plans (
      id text NOT NULL, version int NOT NULL, name text NOT NULL, terms jsonb NOT NULL, offered boolean NOT NULL, stored_at timestamptz NOT NULL,
      PRIMARY KEY (id, version)
    );
    -- A part of every PostgreSQL, and trusted: whoever owns the database may make it.
    CREATE EXTENSION IF NOT EXISTS btree_gist;
    -- Which plan an account has over which time: no two at once. valid_to NULL: it goes on. billed_to: the first period of it that has no
    -- invoice yet; infinity: it has ended, and what came late of it is billed, too.
    CREATE TABLE subscriptions (
      account_id uuid NOT NULL, valid_from timestamptz NOT NULL, valid_to timestamptz, plan_id text NOT NULL, plan_version int NOT NULL,
      billed_to timestamptz NOT NULL,
      PRIMARY KEY (account_id, valid_from), CHECK (valid_to > valid_from),
      EXCLUDE USING gist (account_id WITH =, tstzrange(valid_from, valid_to) WITH &&)
    );
    CREATE INDEX subscriptions_billed ON subscriptions (billed_to);
    -- Whom invoices are addressed to.
    CREATE TABLE billing_details (
      account_id uuid PRIMARY KEY, country text NOT NULL, details jsonb NOT NULL, version int NOT NULL, changed_at timestamptz NOT NULL
    );
  `.execute(db);

const invoices = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Of one payer. kind period: of one period; supplement: what came late for a payer that left; credit: takes back what another one bills.
    -- terms: what it was made by (plan, quantities, what was included), and whom it is addressed to, as it was then. applied: taken from the balance.
    CREATE TABLE invoices (
      account_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('period', 'supplement', 'credit')),
      period timestamptz NOT NULL, seq int NOT NULL DEFAULT 0,
      status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'issued')), series text NOT NULL, year int, number int, issued_at timestamptz,
      currency text NOT NULL, exponent smallint NOT NULL, total bigint NOT NULL, applied bigint NOT NULL DEFAULT 0,
      credits uuid, lines int NOT NULL, terms jsonb NOT NULL, drafted_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id), UNIQUE (account_id, period, kind, seq), UNIQUE (series, year, number),
      CHECK ((status = 'issued') = (number IS NOT NULL) AND (number IS NULL) = (issued_at IS NULL) AND (kind = 'credit') = (credits IS NOT NULL)),
      CHECK (applied >= 0 AND (kind = 'credit' OR (total >= 0 AND applied <= total)))
    );
    CREATE INDEX invoices_drafts ON invoices (drafted_at) WHERE status = 'draft';
    CREATE INDEX invoices_credits ON invoices (account_id, credits) WHERE credits IS NOT NULL;
    -- The last number of each series and year: taken by the transaction that issues, so that there are no gaps.
    CREATE TABLE invoice_series (
      series text NOT NULL, year int NOT NULL, last int NOT NULL, last_at timestamptz NOT NULL, PRIMARY KEY (series, year)
    ) WITH (fillfactor = 50);
    -- What a payer has in credit: the sum of its entries, never below 0.
    CREATE TABLE balance_entries (
      account_id uuid NOT NULL, id uuid NOT NULL, currency text NOT NULL, amount bigint NOT NULL, invoice_id uuid NOT NULL, at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id)
    );
  `.execute(db);

const lines = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- for_name: what the account was called; above: what those were called that it stood below, root first; place: the ids of those and its
    -- own, 16 bytes each. quantity: as the meter is counted. Of a fee, what it is for; of a credit, the line that it takes back.
    CREATE TABLE invoice_lines (
      account_id uuid NOT NULL, invoice_id uuid NOT NULL, n int NOT NULL, type text NOT NULL CHECK (type IN ('fee', 'usage', 'late', 'credit', 'tax')),
      for_account uuid, for_name text, above text[], place bytea, meter text, of_period timestamptz, quantity numeric(29, 9),
      valid_from timestamptz, valid_to timestamptz, of_line int, amount bigint NOT NULL,
      PRIMARY KEY (account_id, invoice_id, n)
    );
    -- What was billed of a period before, which what came late is told from.
    CREATE INDEX invoice_lines_billed ON invoice_lines (account_id, of_period, meter) WHERE quantity IS NOT NULL;
    -- What an account was called when it left a place: whoever is billed for that may not see it any more.
    ALTER TABLE past_placements ADD name text;
    UPDATE past_placements p SET name = (SELECT a.name FROM accounts a WHERE a.id = p.account_id LIMIT 1);
  `.execute(db);

const rights = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
    ALTER TABLE invoice_series ENABLE ROW LEVEL SECURITY;
    CREATE POLICY everybody ON plans FOR SELECT TO tenantree_app USING (true);
    GRANT SELECT ON plans TO tenantree_app;
    DO $$
    DECLARE name text;
    BEGIN
      FOREACH name IN ARRAY ARRAY['subscriptions', 'billing_details', 'invoices', 'invoice_lines', 'balance_entries'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_account ON %I TO tenantree_app USING (account_id = (SELECT acting_account())) WITH CHECK (account_id = (SELECT acting_account()))', name);
      END LOOP;
    END $$;
    GRANT SELECT, INSERT, UPDATE ON subscriptions, billing_details TO tenantree_app;
    -- What is written of an invoice stays as it is: it is issued by a function.
    GRANT SELECT, INSERT ON invoices, invoice_lines, balance_entries TO tenantree_app;
  `.execute(db);

/** Jobs write files of other kinds than CSV, too. */
const files = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- content: of a PDF in base64.
    ALTER TABLE job_files RENAME csv TO content;
    ALTER TABLE job_files ADD type text NOT NULL DEFAULT 'csv' CHECK (type IN ('csv', 'pdf'));
  `.execute(db);
