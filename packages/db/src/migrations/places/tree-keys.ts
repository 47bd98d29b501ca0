import { type Kysely, sql } from 'kysely';

/** The tables of a tree lead their keys by its root, and follow an account to another tree. The log's rows know their tree, and stay. */
export async function treeKeys(db: Kysely<unknown>): Promise<void> {
  await accountKeys(db);
  await ownedKeys(db);
  await logKeys(db);
}

const accountKeys = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    ALTER TABLE members DROP CONSTRAINT members_account_id_fkey;
    ALTER TABLE invitations DROP CONSTRAINT invitations_account_id_fkey, DROP CONSTRAINT invitations_made_by_fkey;
    ALTER TABLE api_keys DROP CONSTRAINT api_keys_account_id_fkey, DROP CONSTRAINT api_keys_made_by_fkey;
    ALTER TABLE embed_tokens DROP CONSTRAINT embed_tokens_account_id_fkey;
    ALTER TABLE agents DROP CONSTRAINT agents_account_id_fkey;
    DROP INDEX accounts_sibling_name, accounts_children, accounts_children_by_name;
    ALTER TABLE accounts DROP CONSTRAINT accounts_parent_id_fkey, DROP CONSTRAINT accounts_pkey, ADD PRIMARY KEY (root_id, id);
    CREATE UNIQUE INDEX accounts_sibling_name ON accounts (root_id, parent_id, name_key) WHERE status <> 'closed';
    CREATE INDEX accounts_children ON accounts (root_id, parent_id, id);
    CREATE INDEX accounts_children_by_name ON accounts (root_id, parent_id, name_key, id);
    -- Doesn't cascade: whoever carries a subtree to another tree rewrites all its rows by one statement, keys and all.
    ALTER TABLE accounts ADD FOREIGN KEY (root_id, parent_id) REFERENCES accounts (root_id, id);
    ALTER TABLE account_roots ADD FOREIGN KEY (root_id, id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE;
  `.execute(db);

const ownedKeys = async (db: Kysely<unknown>): Promise<void> => {
  const second = { members: 'user_id', invitations: 'id', api_keys: 'id', embed_tokens: 'id', agents: 'id' };
  for (const [name, column] of Object.entries(second)) {
    const table = sql.table(name);
    await sql`
      ALTER TABLE ${table} ADD COLUMN root_id uuid`.execute(db);
    await sql`
      UPDATE ${table} t SET root_id = a.root_id FROM accounts a WHERE a.id = t.account_id`.execute(db);
    // Whoever adds something to an account does so in its tree: statements needn't say it.
    await sql`
      ALTER TABLE ${table} ALTER root_id SET NOT NULL, ALTER root_id SET DEFAULT acting_root(),
        DROP CONSTRAINT ${sql.ref(`${name}_pkey`)}, ADD PRIMARY KEY (root_id, account_id, ${sql.ref(column)}),
        ADD FOREIGN KEY (root_id, account_id) REFERENCES accounts (root_id, id) ON UPDATE CASCADE`.execute(db);
  }
  await sql`
    DROP INDEX api_keys_id, api_keys_made_by, invitations_made_by, invitations_open, agents_external_id;
    ALTER TABLE api_keys ADD CONSTRAINT api_keys_id UNIQUE (root_id, id),
      ADD FOREIGN KEY (root_id, made_by) REFERENCES api_keys (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE;
    ALTER TABLE invitations ADD FOREIGN KEY (root_id, made_by) REFERENCES api_keys (root_id, id) ON UPDATE CASCADE ON DELETE CASCADE;
    CREATE INDEX api_keys_made_by ON api_keys (root_id, made_by) WHERE made_by IS NOT NULL;
    CREATE INDEX invitations_made_by ON invitations (root_id, made_by) WHERE made_by IS NOT NULL;
    CREATE UNIQUE INDEX invitations_open ON invitations (root_id, account_id, email) WHERE accepted_at IS NULL;
    CREATE UNIQUE INDEX agents_external_id ON agents (root_id, account_id, external_id) WHERE external_id IS NOT NULL;
  `.execute(db);
};

const logKeys = (db: Kysely<unknown>): Promise<unknown> =>
  sql`
    -- Entries of accounts that were erased before entries knew their tree: their last placement does.
    UPDATE audit_log l SET root_id = coalesce(
      (SELECT p.root_id FROM past_placements p WHERE p.account_id = l.account_id ORDER BY p.valid_to DESC LIMIT 1), l.account_id)
      WHERE l.root_id IS NULL;
    DROP INDEX audit_log_of_tree;
    ALTER TABLE audit_log ALTER root_id SET NOT NULL, ALTER root_id SET DEFAULT acting_root(),
      DROP CONSTRAINT audit_log_pkey, ADD PRIMARY KEY (root_id, id);
    -- The log of an account is every entry about it, in whatever tree it was written.
    CREATE INDEX audit_log_of_account ON audit_log (account_id, id);
  `.execute(db);
