import { type Kysely, sql } from 'kysely';

/** Plans, who has which, billing details, invoices with their lines and numbers, and balances (docs/rules/money.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await plans(db);
  await invoices(db);
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
    -- Which plan an account has over which time: no two at once. valid_to NULL: it goes on.
    CREATE TABLE subscriptions (
      account_id uuid NOT NULL, valid_from timestamptz NOT NULL, valid_to timestamptz, plan_id text NOT NULL, plan_version int NOT NULL,
      PRIMARY KEY (account_id, valid_from), CHECK (valid_to > valid_from),
      EXCLUDE USING gist (account_id WITH =, tstzrange(valid_from, valid_to) WITH &&)
    );
    -- Whom invoices are addressed to.
    CREATE TABLE billing_details (
      account_id uuid PRIMARY KEY, country text NOT NULL, details jsonb NOT NULL, version int NOT NULL, changed_at timestamptz NOT NULL
    );
  `.execute(db);

const invoices = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Of one payer. kind period: of one period; supplement: what came late for a payer that left; credit: takes back what another one bills.
    -- terms: what it was made by (plan, quantities, what was included, how it was rounded), and whom it is addressed to, as it was then.
    CREATE TABLE invoices (
      account_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL CHECK (kind IN ('period', 'supplement', 'credit')),
      period timestamptz NOT NULL, seq int NOT NULL DEFAULT 0,
      status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'issued')), series text, year int, number int, issued_at timestamptz,
      currency text NOT NULL, exponent smallint NOT NULL, total bigint NOT NULL, applied bigint NOT NULL DEFAULT 0, due bigint NOT NULL,
      credits uuid, terms jsonb NOT NULL, drafted_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id), UNIQUE (account_id, period, kind, seq), UNIQUE (series, year, number),
      CHECK ((status = 'issued') = (number IS NOT NULL) AND (number IS NULL) = (issued_at IS NULL) AND (kind = 'credit') = (credits IS NOT NULL))
    );
    CREATE INDEX invoices_drafts ON invoices (drafted_at) WHERE status = 'draft';
    -- for_name and for_path: as they were called then; place: the ids from the root of that time down to the account.
    CREATE TABLE invoice_lines (
      account_id uuid NOT NULL, invoice_id uuid NOT NULL, n int NOT NULL, type text NOT NULL CHECK (type IN ('fee', 'usage', 'late', 'credit', 'tax')),
      for_account uuid, for_name text, for_path text[], place uuid[], meter text, of_period timestamptz, quantity numeric(29, 9), amount bigint NOT NULL,
      PRIMARY KEY (account_id, invoice_id, n)
    );
    -- What was billed of a period before, which what came late is told from.
    CREATE INDEX invoice_lines_billed ON invoice_lines (account_id, of_period, meter) WHERE meter IS NOT NULL;
    -- The last number of each series and year: taken by the transaction that issues, so that there are no gaps.
    CREATE TABLE invoice_series (
      series text NOT NULL, year int NOT NULL, last int NOT NULL, last_at timestamptz NOT NULL, PRIMARY KEY (series, year)
    ) WITH (fillfactor = 50);
    -- What a payer has in credit: the sum of its entries, never below 0.
    CREATE TABLE balance_entries (
      account_id uuid NOT NULL, id uuid NOT NULL, currency text NOT NULL, amount bigint NOT NULL, reason text NOT NULL, invoice_id uuid, at timestamptz NOT NULL,
      PRIMARY KEY (account_id, id)
    );
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
    GRANT SELECT, INSERT ON invoice_lines, balance_entries TO tenantree_app;
    GRANT SELECT, INSERT ON invoices TO tenantree_app;
  `.execute(db);
