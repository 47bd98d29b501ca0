import { type Kysely, sql } from 'kysely';

/**
 * An account that comes to another tree takes along whatever is keyed by its tree, row by row and index by index. What is only ever looked up by
 * its account needs no tree: it stays as it is, and who may see it is told by the account. And indexes that hold rows that nobody looks for there
 * cost each of these rows a place.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- With the column go keys, indexes and policies that name it.
    ALTER TABLE account_caps DROP COLUMN root_id CASCADE;
    ALTER TABLE account_caps ADD PRIMARY KEY (account_id), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE INDEX account_caps_takers ON account_caps (preset_id, preset_version, levels_hash, account_id) WHERE preset_id IS NOT NULL;
    CREATE POLICY subtree ON account_caps FOR SELECT TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    CREATE POLICY from_above ON account_caps FOR UPDATE TO tenantree_app
      USING (account_id <> acting_account() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));

    ALTER TABLE account_sort_minutes DROP COLUMN root_id CASCADE;
    ALTER TABLE account_sort_minutes ADD PRIMARY KEY (account_id), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE INDEX account_sort_by_minutes ON account_sort_minutes (parent_id, minutes, account_id);
    ALTER TABLE account_sort_counts DROP COLUMN root_id CASCADE;
    ALTER TABLE account_sort_counts ADD PRIMARY KEY (account_id), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE INDEX account_sort_by_members ON account_sort_counts (parent_id, members, account_id);
    CREATE INDEX account_sort_by_agents ON account_sort_counts (parent_id, agents, account_id);

    ALTER TABLE jobs DROP COLUMN root_id CASCADE;
    ALTER TABLE jobs ADD PRIMARY KEY (account_id, id), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE UNIQUE INDEX jobs_key ON jobs (account_id, kind, key) WHERE ended_at IS NULL;
    -- Of the acting account itself by one question, and not by one for each of very many rows.
    CREATE POLICY subtree ON jobs TO tenantree_app USING (
      (account_id = acting_account() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = acting_account()))
      OR (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    ALTER TABLE job_items DROP COLUMN root_id CASCADE;
    ALTER TABLE job_items ADD PRIMARY KEY (account_id, job_id, n), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE INDEX job_items_pending ON job_items (account_id, job_id, n) WHERE state = 'pending';
    CREATE POLICY subtree ON job_items TO tenantree_app USING (
      (account_id = acting_account() AND (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = acting_account()))
      OR (SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    ALTER TABLE job_files DROP COLUMN root_id CASCADE;
    ALTER TABLE job_files ADD PRIMARY KEY (account_id, job_id, part), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE POLICY subtree ON job_files TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));

    ALTER TABLE resource_totals DROP COLUMN root_id CASCADE;
    ALTER TABLE resource_totals ADD PRIMARY KEY (account_id, resource, period), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    ALTER TABLE embed_origins DROP COLUMN root_id CASCADE;
    ALTER TABLE embed_origins ADD PRIMARY KEY (account_id), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE POLICY subtree ON embed_origins TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    ALTER TABLE preset_defaults DROP COLUMN root_id CASCADE;
    ALTER TABLE preset_defaults ADD PRIMARY KEY (account_id), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE INDEX preset_defaults_of ON preset_defaults (preset_id);
    CREATE POLICY subtree ON preset_defaults TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));
    ALTER TABLE limit_defaults DROP COLUMN root_id CASCADE;
    ALTER TABLE limit_defaults ADD PRIMARY KEY (account_id, kind), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    ALTER TABLE presets DROP COLUMN root_id CASCADE;
    ALTER TABLE presets ADD PRIMARY KEY (account_id, id, version), ADD FOREIGN KEY (account_id) REFERENCES account_roots (id) ON DELETE CASCADE;
    CREATE POLICY subtree ON presets TO tenantree_app USING ((SELECT true FROM accounts a WHERE a.root_id = acting_root() AND a.id = account_id));

    -- What has no letters yet is found by account_search_missing; keys that never end don't end.
    DROP INDEX account_search_tokens;
    CREATE INDEX account_search_tokens ON account_search USING gin (tokens) WITH (fastupdate = on, gin_pending_list_limit = 64) WHERE tokens IS NOT NULL;
    DROP INDEX api_keys_to_end;
    CREATE INDEX api_keys_to_end ON api_keys (root_id, expires_at) WHERE counted AND expires_at IS NOT NULL;
    -- Every key in these ends with an id: pages that are full have nothing in them that could be written once for several rows, and were searched for it.
    ALTER INDEX accounts_children SET (deduplicate_items = off);
    ALTER INDEX accounts_children_by_name SET (deduplicate_items = off);
    ALTER INDEX accounts_by_name SET (deduplicate_items = off);
    ALTER INDEX accounts_search SET (deduplicate_items = off);
    ALTER INDEX accounts_level SET (deduplicate_items = off);
    ALTER INDEX accounts_active SET (deduplicate_items = off);
    ALTER INDEX accounts_decided SET (deduplicate_items = off);
    ALTER INDEX carried_entries_of_tree SET (deduplicate_items = off);
    ALTER INDEX carried_entries_of_actor SET (deduplicate_items = off);
    ALTER INDEX carried_entries_of_kind SET (deduplicate_items = off);
    ALTER INDEX products_by_name SET (deduplicate_items = off);
    ALTER INDEX products_newest SET (deduplicate_items = off);
    ALTER INDEX limits_kind SET (deduplicate_items = off);
    ALTER INDEX members_person SET (deduplicate_items = off);
  `.execute(db);
}
