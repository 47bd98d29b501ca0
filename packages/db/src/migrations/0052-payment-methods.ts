import { type Kysely, sql } from 'kysely';

/** How payers pay through a provider (rules/money 25); whoever has nothing here pays by invoice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- method: the provider, then what it calls it. card: what is shown of it. customer: what the provider calls who pays. One at most is in use, and
    -- one is to take its place.
    CREATE TABLE payment_methods (
      account_id uuid NOT NULL, method text NOT NULL, state text NOT NULL CHECK (state IN ('pending', 'failed', 'set', 'lost')),
      card jsonb, customer text, changed_at timestamptz NOT NULL,
      PRIMARY KEY (account_id, method)
    );
    CREATE UNIQUE INDEX payment_methods_in_use ON payment_methods (account_id) WHERE state IN ('set', 'lost');
    CREATE UNIQUE INDEX payment_methods_next ON payment_methods (account_id) WHERE state IN ('pending', 'failed');
    -- What a provider reports of is looked for by what it calls it.
    CREATE UNIQUE INDEX payment_methods_method ON payment_methods (method);
    ALTER TABLE payment_methods ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own_account ON payment_methods TO tenantree_app
      USING (account_id = (SELECT acting_account())) WITH CHECK (account_id = (SELECT acting_account()));
    GRANT SELECT, INSERT, DELETE ON payment_methods TO tenantree_app;
    -- What is shown of the payment method of its checklist.
    ALTER TABLE billing_transfers ADD card jsonb;
    -- Of those who are independent by now: what they chose when they left.
    INSERT INTO payment_methods (account_id, method, state, customer, changed_at)
      SELECT t.account_id, t.steps #>> '{payment,method}', 'set', t.customer, t.ended_at FROM billing_transfers t
      WHERE t.state = 'completed' AND t.steps #>> '{payment,method}' <> 'invoice' ON CONFLICT DO NOTHING;
  `.execute(db);
}
