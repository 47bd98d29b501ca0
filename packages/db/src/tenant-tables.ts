/**
 * What a table's rows belong to, and with what they move (rules/data 1):
 *
 * - `tree`: to an account of a tree. Keyed by `(root_id, account)`, and carried along when the account comes to another tree.
 * - `account`: to an account, whichever tree it stands in. Keyed by `account_id` first, without its tree, which another one leaves alone; written
 *   behind the lock of the tree, or where it doesn't matter who comes first.
 * - `fact`: to what happened. Keyed by `account_id` first; neither a move nor another tree touches them.
 * - `journal`: to the tree they were written in, for ever. Keyed by `root_id` first.
 * - `version`: to a tree's numbers of changes. Keyed by `root_id` first, and gone when nobody resumes from there any more.
 * - `queue`: to a tree, until somebody has done what they ask for. No key.
 * - `directory`: to nobody: what is asked before the tree is known, and small.
 */
export type TableClass = 'tree' | 'account' | 'fact' | 'journal' | 'version' | 'queue' | 'directory';

/** Every table of schema `public`, and its class. A table that is not here, or not built as its class is, fails the tests. */
export const TENANT_TABLES: Readonly<Record<string, TableClass>> = {
  accounts: 'tree',
  members: 'tree',
  invitations: 'tree',
  api_keys: 'tree',
  embed_tokens: 'tree',
  embed_origins: 'account',
  products: 'tree',
  product_secrets: 'tree',
  product_refs: 'tree',
  product_versions: 'tree',
  product_links: 'tree',
  import_plans: 'tree',
  blueprints: 'tree',
  blueprint_versions: 'tree',
  blueprint_applications: 'tree',
  blueprint_plans: 'tree',
  rollouts: 'tree',
  rollout_stages: 'tree',
  account_caps: 'account',
  presets: 'account',
  preset_defaults: 'account',
  resource_totals: 'account',
  limits: 'tree',
  limit_defaults: 'account',
  leases: 'tree',
  account_search: 'tree',
  account_sort_minutes: 'account',
  account_sort_counts: 'account',
  sorted_parents: 'tree',
  jobs: 'account',
  job_items: 'account',
  job_files: 'account',
  list_views: 'tree',
  account_imports: 'tree',
  account_import_rows: 'tree',
  carried_entries: 'tree',
  billing_transfers: 'tree',
  departures: 'tree',
  usage_events: 'fact',
  usage_quarters: 'fact',
  usage_totals: 'fact',
  usage_segments: 'fact',
  past_placements: 'fact',
  kept_answers: 'fact',
  subscriptions: 'fact',
  billing_details: 'fact',
  payment_methods: 'fact',
  invoices: 'fact',
  invoice_lines: 'fact',
  balance_entries: 'fact',
  books: 'fact',
  book_assignments: 'fact',
  statements: 'fact',
  statement_series: 'fact',
  statement_lines: 'fact',
  journal: 'journal',
  journal_heads: 'journal',
  tree_versions: 'version',
  tree_changes: 'version',
  sorted_trees: 'version',
  uncounted_usage: 'queue',
  unfolded_quarters: 'queue',
  noted_conversations: 'queue',
  account_roots: 'directory',
  usage_months: 'directory',
  plans: 'directory',
  invoice_series: 'directory',
  setup_claims: 'directory',
  applied_functions: 'directory',
  job_workers: 'directory',
};
