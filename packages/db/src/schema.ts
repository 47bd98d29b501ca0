import type { JobItemState, JobState, LastChange } from '@tenantree/domain';
import type { Document, Filling } from '@tenantree/domain/products';
import type { ColumnType, Generated, RawBuilder } from 'kysely';

/** int8 and numeric arrive from PostgreSQL as text, so that nothing is rounded on the way. An array of numerics does not: it is asked for as text[]. */
type Int8 = ColumnType<string, string | number, string | number>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;

export type AccountsTable = {
  id: string;
  root_id: string;
  parent_id: string | null;
  /** The ids below the root, 16 bytes a level; empty for the root. */
  path_key: ColumnType<Buffer, Buffer, never>;
  /** Levels below the root. */
  depth: ColumnType<number, never, never>;
  name: string;
  name_key: string;
  /** The name key without diacritics. */
  search_key: ColumnType<string, never, never>;
  external_id: string | null;
  metadata: ColumnType<Record<string, unknown>, string, string>;
  status: 'active' | 'suspended' | 'closed';
  suspension_kind: 'no_new_work' | 'read_only' | 'full_stop' | null;
  suspended_from: Timestamp | null;
  suspended_until: Timestamp | null;
  /** When the suspension was decided. */
  suspended_at: Timestamp | null;
  suspension_reason: string | null;
  protected: boolean;
  billing_mode: 'parent' | 'direct';
  payer_id: string;
  /** When its billing transfer ends by itself; null: none is under way. */
  transfer_until: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
  /** Since when `path_key` holds; events from before look into `past_placements`. */
  placed_at: ColumnType<Date | number, Date | string | undefined, Date | string>;
  children: Generated<number>;
  subaccounts: Generated<number>;
  own_members: Generated<number>;
  total_members: Generated<number>;
  own_agents: Generated<number>;
  total_agents: Generated<number>;
  /** Whether nobody is a member of it or of what is below. */
  without_members: ColumnType<boolean, never, never>;
  /** Whether there are no agents in it, nor below. */
  without_agents: ColumnType<boolean, never, never>;
  /** Permissions of its caps that are decided, and below their highest level. */
  caps_lowered: Generated<number>;
  /** Permissions that its caps decide. */
  caps_decided: Generated<number>;
  /** The day (UTC) of its newest usage, of all below, too, or of its making; -infinity: longer ago than lists look back. */
  active_on: Generated<string>;
  /** Tree version of the last change to this row. */
  version: Int8;
  created_at: Timestamp;
  created_by: string | null;
  closed_at: Timestamp | null;
};

export type TreeVersionsTable = { root_id: string; version: Int8; changed: ColumnType<string, never, never> };

/** Where an account stood until an instant: the tree and the place of that time. */
export type PastPlacementsTable = {
  account_id: string;
  valid_to: Timestamp;
  root_id: string;
  path_key: Buffer;
  payer_id: string;
};

/** In which tree an account is. */
export type AccountRootsTable = { id: string; root_id: string };

/** What a version of a tree changed: kept for minutes, for whoever resumes. */
export type TreeChangesTable = {
  root_id: string;
  version: Int8;
  kind: 'usage' | 'accounts' | 'moved';
  /** Null: more than are listed. */
  accounts: string[] | null;
  at: Timestamp;
};

/** The tree of an account: what is added to an account is in that of the acting one. */
type Root = ColumnType<string, never, never>;

export type MembersTable = {
  root_id: Root;
  /** Where its account stands; the database copies it. */
  path_key: ColumnType<Buffer, never, never>;
  account_id: string;
  user_id: string;
  role: string;
  created_at: Timestamp;
};

export type InvitationsTable = {
  root_id: Root;
  account_id: string;
  id: string;
  /** As addresses are compared. */
  email: string;
  /** As it was typed. */
  shown_email: string;
  role: string;
  token_hash: Buffer;
  invited_by: string | null;
  created_at: Timestamp;
  expires_at: Timestamp;
  accepted_at: Timestamp | null;
  /** The key it was made with, and ends with. */
  made_by: string | null;
};

export type AccountCapsTable = {
  account_id: string;
  /** Levels by permission; what is absent nobody decided. */
  levels: ColumnType<Record<string, string>, never, string>;
  /** Who set which permissions, and when. */
  marks: ColumnType<readonly StoredMark[], never, string>;
  version: number;
  preset_id: string | null;
  preset_version: number | null;
  /** The last change, with what takes it back. */
  last: ColumnType<LastChange | null, never, string>;
};

/** Permissions that somebody set at once. */
export type StoredMark = {
  readonly by: { readonly id: string | null; readonly name: string };
  readonly at: string;
  readonly version: number;
  readonly local: boolean;
  readonly keys: readonly string[];
};

/** One version of a preset. */
export type PresetsTable = {
  account_id: string;
  id: string;
  version: number;
  name: string;
  levels: ColumnType<Record<string, string>, string, never>;
  saved_by: ColumnType<{ id: string | null; name: string }, string, never>;
  saved_at: Timestamp;
  /** Since when it is offered to nobody; null: it is. */
  removed_at: Timestamp | null;
};

export type PresetDefaultsTable = { account_id: string; preset_account: string; preset_id: string };

/** Who saved or deleted a product. */
export type StoredActor = { readonly id: string | null; readonly name: string };
type Doc = ColumnType<Document, string, string>;
type Saver = ColumnType<StoredActor, string, string>;

export type ProductsTable = {
  root_id: Root;
  account_id: string;
  id: string;
  kind: string;
  name: string;
  name_key: string;
  /** The name key without diacritics. */
  search_key: ColumnType<string, never, never>;
  external_id: string | null;
  version: ColumnType<number, number | undefined, number>;
  /** Without secrets. */
  doc: Doc;
  saved_at: Timestamp;
  saved_by: Saver;
  /** Tree version of the last change. */
  tree_version: Int8;
};

export type ProductSecretsTable = {
  root_id: Root;
  account_id: string;
  product_id: string;
  place: string;
  ciphertext: Buffer;
  last4: string;
};

export type ProductRefsTable = {
  root_id: Root;
  account_id: string;
  from_id: string;
  place: string;
  to_id: string;
  required: boolean;
};

/** What a product was, until `ended_at`. */
export type ProductVersionsTable = {
  root_id: Root;
  account_id: string;
  product_id: string;
  version: number;
  kind: string;
  name: string;
  external_id: string | null;
  doc: Doc;
  saved_at: Timestamp;
  saved_by: Saver;
  ended_at: Timestamp;
  ended_by: Saver;
  /** It ended with this version. */
  deleted: boolean;
  tree_version: Int8;
};

/** Of what a product is a copy, as it was when it was last written from there. */
export type ProductLinksTable = {
  root_id: Root;
  account_id: string;
  product_id: string;
  source_account: string;
  source_id: string;
  source_version: number;
  source_name: string;
  parts: string[] | null;
  base_doc: Doc;
  ids: ColumnType<Readonly<Record<string, string>>, string, string>;
  needs: string[];
  activates: boolean;
  /** Of the product. */
  version: number;
  filling: ColumnType<Filling | null, string | null, string | null>;
  before: ColumnType<unknown, string | null, string | null>;
};

/** What was shown of an import before it is run. */
export type ImportPlansTable = {
  root_id: Root;
  account_id: string;
  id: string;
  asked: ColumnType<unknown, string, never>;
  shown: ColumnType<unknown, string, never>;
  created_at: Timestamp;
};

export type BlueprintsTable = { root_id: Root; account_id: string; id: string; name: string; name_key: string };

/** A version of a blueprint, which never changes. */
export type BlueprintVersionsTable = {
  root_id: Root;
  account_id: string;
  id: string;
  version: number;
  content: ColumnType<unknown, string, never>;
  judged: ColumnType<unknown, string, never>;
  hashes: ColumnType<unknown, string, never>;
  saved_by: ColumnType<StoredActor, string, never>;
  saved_at: Timestamp;
};

/** What an account was set up from. */
export type BlueprintApplicationsTable = {
  root_id: Root;
  account_id: string;
  blueprint_id: string;
  blueprint_account: string;
  version: number;
  application: string;
  sections: string[];
  variables: ColumnType<Record<string, string>, string, string>;
  /** Here, by what they are copies of. */
  products: ColumnType<Record<string, string>, string, string>;
  before: ColumnType<unknown, string, string>;
  state: 'set_up' | 'being_set_up' | 'incomplete';
  fault: ColumnType<unknown, string | null, string | null>;
  applied_by: ColumnType<StoredActor, string, string>;
  applied_at: Timestamp;
};

export type ApiKeysTable = {
  root_id: Root;
  account_id: string;
  id: string;
  user_id: string;
  name: string;
  prefix: string;
  token_hash: Buffer;
  created_at: Timestamp;
  expires_at: Timestamp | null;
  last_used_at: Timestamp | null;
  revoked_at: Timestamp | null;
  /** Levels by permission; null: all that the owner has. */
  scopes: ColumnType<Record<string, string> | null, string | null, string | null>;
  /** The accounts whose subtrees it is kept to; null: its own. */
  within: string[] | null;
  /** The key it was made with, and ends with. */
  made_by: string | null;
  /** Whether it is one of those that its account has. */
  counted: boolean;
};

export type EmbedTokensTable = {
  root_id: Root;
  account_id: string;
  id: string;
  key_id: string;
  origins: string[];
  access: 'read' | 'full';
  features: string[];
  user_ref: string;
  token_hash: Buffer;
  created_at: Timestamp;
  expires_at: Timestamp;
  /** When it was ended before its time. */
  ended_at: ColumnType<Date | null, never, Date | string>;
  /** When it was last used on another origin, and that was noted. */
  refused_at: ColumnType<Date | null, never, Date | string>;
};

export type EmbedOriginsTable = { account_id: string; origins: string[] };

export type UsageTotalsTable = {
  account_id: string;
  meter: string;
  period: Timestamp;
  own: string;
  total: string;
  own_events: Int8;
  total_events: Int8;
  version: Int8;
};

/** What of the journal is read as the audit log. It is written through functions. */
export type JournalTable = {
  /** The tree that the account stood in then. */
  root_id: Root;
  account_id: string;
  id: string;
  at: Timestamp;
  kind: string;
  actor_kind: 'person' | 'key' | 'embed' | 'system';
  actor_id: string | null;
  actor_name: string;
  /** The account the actor came from, when it acted inside another one. */
  via_id: string | null;
  via_name: string | null;
  target_id: string | null;
  target_name: string | null;
  details: ColumnType<Record<string, unknown>, never, never>;
  request_id: string | null;
};

export type SetupClaimsTable = { token_hash: Buffer; created_at: Timestamp };

export type JobsTable = {
  account_id: string;
  id: string;
  kind: string;
  /** Of the live jobs of a kind in an account one at the most has it. */
  key: string | null;
  asked_by: ColumnType<Record<string, unknown>, string, never>;
  /** What it is about, as that was called when it was asked for. */
  subject: string | null;
  state: ColumnType<JobState, never, JobState>;
  total: number;
  done: Generated<number>;
  skipped: Generated<number>;
  failed: Generated<number>;
  created_at: Timestamp;
  started_at: Timestamp | null;
  ended_at: Timestamp | null;
  cancel_asked_at: Timestamp | null;
  /** Nothing more of it begins after so many failures; null: it goes on. */
  stop_on: number | null;
};

export type JobItemsTable = {
  account_id: string;
  job_id: string;
  n: number;
  /** The account it is about, if it is about one. */
  target_id: string | null;
  payload: ColumnType<unknown, string, never>;
  /** What it takes to do it and nobody keeps afterwards. */
  secrets: ColumnType<unknown, never, null>;
  state: ColumnType<JobItemState, never, JobItemState>;
  attempts: Generated<number>;
  due_at: ColumnType<Date | number, never, RawBuilder<Date>>;
  result: ColumnType<unknown, never, string | null>;
  error: ColumnType<unknown, never, string>;
};

/** What the application's role may read of `auth.users`. */
export type UsersView = { id: string; name: string; email: string; shown_email: string };

export type Schema = {
  accounts: AccountsTable;
  tree_versions: TreeVersionsTable;
  past_placements: PastPlacementsTable;
  account_roots: AccountRootsTable;
  tree_changes: TreeChangesTable;
  members: MembersTable;
  invitations: InvitationsTable;
  products: ProductsTable;
  product_secrets: ProductSecretsTable;
  product_refs: ProductRefsTable;
  product_versions: ProductVersionsTable;
  product_links: ProductLinksTable;
  import_plans: ImportPlansTable;
  blueprints: BlueprintsTable;
  blueprint_versions: BlueprintVersionsTable;
  blueprint_applications: BlueprintApplicationsTable;
  blueprint_plans: ImportPlansTable;
  account_caps: AccountCapsTable;
  presets: PresetsTable;
  preset_defaults: PresetDefaultsTable;
  api_keys: ApiKeysTable;
  embed_tokens: EmbedTokensTable;
  embed_origins: EmbedOriginsTable;
  usage_totals: UsageTotalsTable;
  journal: JournalTable;
  setup_claims: SetupClaimsTable;
  jobs: JobsTable;
  job_items: JobItemsTable;
  'auth.users': UsersView;
};
