import { type Kysely, sql } from 'kysely';

/** Billing transfers: who becomes a main account of its own, how far they are, and who has left (docs/rules/transfer.md). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await accounts(db);
  await transfers(db);
  await departures(db);
}

const accounts = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- When the billing transfer that is under way ends by itself; NULL: none is. What lists, the way up and whoever comes in read without another table.
    ALTER TABLE accounts ADD transfer_until timestamptz;
    CREATE INDEX accounts_in_transfer ON accounts (root_id, path_key) WHERE transfer_until IS NOT NULL;
  `.execute(db);

const transfers = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- steps: what of the checklist is done; details: whom invoices will be addressed to, until it ends; token_hash: of the link in the mail, NULL
    -- when that is void; ahead and reminded: days before its end at which somebody is or was reminded; caps: those that ended with it.
    CREATE TABLE billing_transfers (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, version int NOT NULL,
      state text NOT NULL CHECK (state IN ('in_progress', 'completed', 'cancelled', 'declined', 'expired')),
      recipient text NOT NULL, token_hash bytea, grace_days int NOT NULL, agency text NOT NULL CHECK (agency IN ('kept', 'ended')),
      completion text NOT NULL CHECK (completion IN ('automatic', 'confirmed')), message text,
      started_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, ended_at timestamptz, reason text,
      mail text NOT NULL CHECK (mail IN ('sent', 'bounced')), ahead smallint[] NOT NULL, reminded smallint[] NOT NULL,
      steps jsonb NOT NULL, details jsonb, customer text, caps jsonb,
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE,
      CHECK ((state = 'in_progress') = (ended_at IS NULL))
    );
    CREATE UNIQUE INDEX billing_transfers_under_way ON billing_transfers (account_id) WHERE state = 'in_progress';
    CREATE UNIQUE INDEX billing_transfers_token ON billing_transfers (token_hash) WHERE token_hash IS NOT NULL;
    CREATE INDEX billing_transfers_end ON billing_transfers (expires_at) WHERE state = 'in_progress';
    -- What a provider of payments reports of is looked for by what it calls it.
    CREATE INDEX billing_transfers_payment ON billing_transfers ((steps #>> '{payment,method}'));
    ALTER TABLE billing_transfers ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON billing_transfers TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT, INSERT, UPDATE ON billing_transfers TO tenantree_app;
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'billing_transfers', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
  `.execute(db);

const departures = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Of the account above: who left it for a tree of their own, as they were called then. accounts and external_ids: all that went along and had
    -- one, by which usage from before may still be delivered.
    CREATE TABLE departures (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, departed uuid NOT NULL, name text NOT NULL,
      agency text NOT NULL, at timestamptz NOT NULL, accounts uuid[] NOT NULL, external_ids text[] NOT NULL,
      PRIMARY KEY (root_id, account_id, id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    CREATE INDEX departures_at ON departures (root_id, at);
    ALTER TABLE departures ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON departures FOR SELECT TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT ON departures TO tenantree_app;
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'departures', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
  `.execute(db);
