import { type Kysely, sql } from 'kysely';

/**
 * Caps (docs/decisions/0024-caps.md): a row for every subaccount, by the names of permissions; presets; and, on accounts, how many permissions
 * are restricted or undecided, which lists read.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await registry(db);
  await caps(db);
  await presets(db);
}

/** What defaults ask: made here, and the same in files of their own. */
const registry = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    CREATE OR REPLACE FUNCTION count_of_permissions() RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 28::smallint $$;
    ALTER TABLE accounts ADD COLUMN caps_lowered smallint NOT NULL DEFAULT 0,
      ADD COLUMN caps_decided smallint NOT NULL DEFAULT count_of_permissions();
    -- Few of many are restricted, and fewer unreviewed: they are found without looking at the others. A release that adds permissions makes the
    -- second one anew, with their new number.
    CREATE INDEX accounts_restricted ON accounts (root_id, path_key) WHERE caps_lowered > 0;
    CREATE INDEX accounts_unreviewed ON accounts (root_id, path_key) WHERE caps_decided < 28;
    -- The version of the last change by somebody, of its shape, caps, members or keys; counting is none.
    ALTER TABLE tree_versions ADD COLUMN changed bigint NOT NULL DEFAULT 0;
  `.execute(db);

const caps = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- levels: by permission; what is absent nobody decided, and works as none. marks: who set which when; none: as the account was made.
    CREATE TABLE account_caps (
      root_id uuid NOT NULL, account_id uuid NOT NULL, levels jsonb NOT NULL, marks jsonb NOT NULL DEFAULT '[]',
      version int NOT NULL DEFAULT 0, preset_id uuid, preset_version int
    );
    INSERT INTO account_caps (root_id, account_id, levels) SELECT a.root_id, a.id, '{"conversations": "read", "tasks": "full", "agents": "full", "agents.general": "full", "agents.prompt": "full", "agents.knowledge": "full", "agents.tools": "full", "agents.callFlow": "full", "agents.analytics": "full", "agents.notifications": "full", "knowledgeBases": "full", "telephony": "full", "telephony.phoneNumbers": "full", "telephony.sipTrunks": "full", "telephony.complianceProfiles": "full", "campaigns": "full", "account": "full", "account.settings": "full", "account.members": "full", "account.subaccounts": "full", "account.trustCenter": "full", "account.schedules": "full", "developers": "full", "developers.integrations": "full", "developers.apiKeys": "full", "developers.webhooks": "full", "billing": "full", "billing.usage": "full"}'::jsonb FROM accounts a WHERE a.parent_id IS NOT NULL;
    ALTER TABLE account_caps ADD PRIMARY KEY (root_id, account_id),
      ADD FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE;
    ALTER TABLE account_caps ENABLE ROW LEVEL SECURITY;
    -- Read in the account itself, set only from above it.
    CREATE POLICY subtree ON account_caps FOR SELECT TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    CREATE POLICY from_above ON account_caps FOR UPDATE TO tenantree_app
      USING (root_id = acting_root() AND account_id <> acting_account() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT ON account_caps TO tenantree_app;
    GRANT UPDATE (levels, marks, version, preset_id, preset_version) ON account_caps TO tenantree_app;
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'account_caps', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
  `.execute(db);

const presets = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- A row is a version, and never changes.
    CREATE TABLE presets (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, id uuid NOT NULL, version int NOT NULL,
      name text NOT NULL, levels jsonb NOT NULL, saved_by jsonb NOT NULL, saved_at timestamptz NOT NULL,
      PRIMARY KEY (root_id, account_id, id, version),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    -- What new accounts below an account begin with. The preset is its own, or of an account above it.
    CREATE TABLE preset_defaults (
      root_id uuid NOT NULL DEFAULT acting_root(), account_id uuid NOT NULL, preset_account uuid NOT NULL, preset_id uuid NOT NULL,
      PRIMARY KEY (root_id, account_id),
      FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE
    );
    ALTER TABLE presets ENABLE ROW LEVEL SECURITY;
    ALTER TABLE preset_defaults ENABLE ROW LEVEL SECURITY;
    CREATE POLICY subtree ON presets TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    CREATE POLICY subtree ON preset_defaults TO tenantree_app
      USING (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id))
      WITH CHECK (root_id = acting_root() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    GRANT SELECT, INSERT, DELETE ON presets TO tenantree_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON preset_defaults TO tenantree_app;
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'presets', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
    SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', 'preset_defaults', 'attname', 'root_id', 'inherited', false,
      'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 2::real);
  `.execute(db);
