import type {
  AccountDetail,
  AccountPage,
  AppliedBlueprint,
  CapsResult,
  CONTRACT,
  ForeseenLimits,
  JobConflict,
  JobFrame,
  OfferedBlueprint,
  PresetTakers,
  PresetToSave,
  SearchPage,
  SentTo,
  ShownPreset,
  SuspensionPreview,
} from '@tenantree/contract';
import type {
  AccountId,
  AccountRow,
  AccountStatus,
  AccountsFrame,
  Instant,
  JobItemState,
  NearFrame,
  PresetMode,
  RowId,
  SuspensionKind,
  SuspensionOrder,
  UsageFrame,
} from '@tenantree/domain';
import type { ImportsSource } from '../imports/imports-source.ts';
import type { LiveReader } from './refusals.ts';
import type { Filters, Order, ScreenView } from './screen-view.ts';

export type {
  AccountDetail,
  AccountPage,
  AppliedBlueprint,
  OfferedBlueprint,
  SearchPage,
  SuspensionPreview,
} from '@tenantree/contract';
export type { AccountLabel as AccountName } from '@tenantree/domain';
export { type LiveReader, refusalFrom, SourceRefusal } from './refusals.ts';
export type { Order } from './screen-view.ts';

/** Which children of an account to list, and how. */
export type ListQuery = Order & {
  readonly status: readonly AccountStatus[];
  readonly cursor: string | null;
  /** 1–200 */
  readonly limit: number;
};

/**
 * What is sought below an account: what was typed, where something was, by accounts of these statuses, as far as filters let them through. With
 * an order they come in it, as one list.
 */
export type Sought = Omit<Filters, 'layout'> &
  Partial<Order> & { readonly query: string; readonly status: readonly AccountStatus[] };

export type SearchQuery = Sought & { readonly cursor: string | null; readonly limit: number };

/** Whether live numbers can be trusted to be current (rules/screens 8), and since when. */
export type LiveState = {
  readonly kind: 'connecting' | 'live' | 'catching-up' | 'offline';
  readonly since: Instant;
};

/** The live state as something to look at and to listen to. */
export type LiveSignal = {
  readonly get: () => LiveState;
  /** Calls the listener after every change; returns how to stop. */
  readonly subscribe: (listener: (state: LiveState) => void) => () => void;
};

/** Which accounts are watched. */
export type AccountsWatched = {
  /** The `resumeId` of an answer, or the id of a frame: what changed after it is told. */
  readonly after: string;
  /** The direct children of these, 1 to 500; null: all of the subtree. */
  readonly childrenOf: readonly AccountId[] | null;
  /** These themselves, beside such children; the account that is asked about where they are left out. */
  readonly accounts?: readonly AccountId[];
};

/** A frame of accounts, and where another subscription goes on after it. */
export type AccountsTold = AccountsFrame & { readonly resumeId: string };

/** An account id, or `ext:` and the external id that the reseller gave the account. */
export type AccountRef = AccountId | `ext:${string}`;

type LimitChange = SentTo<(typeof CONTRACT)['limits']['set']>['limits'][number];

/** Versions of limits, by account and kind. */
type SeenVersions = NonNullable<SentTo<(typeof CONTRACT)['limits']['setMany']>['versions']>;

/** What became of one account in a job, and why it was not done. */
export type BulkResult = {
  readonly account: AccountId;
  readonly name: string | null;
  readonly state: JobItemState;
  readonly why: string;
  /** What of it somebody else changed before the job came to it. */
  readonly conflict: readonly JobConflict[];
};

/** What is done to many accounts below one, as jobs of it. Every promise rejects with a `SourceRefusal`. */
export type BulkSource = {
  readonly suspend: (
    account: AccountId,
    accounts: readonly AccountId[],
    order: { readonly kind: SuspensionKind; readonly reason: string | null },
  ) => Promise<RowId>;
  /** @param seen versions of limits as they were foreseen, by account and kind: an account of which one is another by then is left as it is */
  readonly setLimits: (
    account: AccountId,
    accounts: readonly AccountId[],
    limits: readonly LimitChange[],
    seen: SeenVersions,
  ) => Promise<RowId>;
  readonly applyPreset: (
    account: AccountId,
    accounts: readonly AccountId[],
    order: { readonly preset: RowId; readonly version: number; readonly mode: PresetMode },
  ) => Promise<RowId>;
  readonly export: (account: AccountId, accounts: readonly AccountId[]) => Promise<RowId>;
  /** Takes back what a job did, as another one. */
  readonly undo: (account: AccountId, job: RowId) => Promise<RowId>;
  /** What setting them would come to. */
  readonly foreseeLimits: (
    account: AccountId,
    accounts: readonly AccountId[],
    limits: readonly LimitChange[],
    signal?: AbortSignal,
  ) => Promise<readonly ForeseenLimits[]>;
  /** How a job goes. Returns how to stop. */
  readonly follow: (account: AccountId, job: RowId, reader: LiveReader<JobFrame>) => () => void;
  /** What became of each account, and whether all of it can be taken back. */
  readonly results: (
    account: AccountId,
    job: RowId,
  ) => Promise<{ readonly results: readonly BulkResult[]; readonly undoable: boolean }>;
  /** The file that a job wrote. */
  readonly file: (
    account: AccountId,
    job: RowId,
  ) => Promise<{ readonly filename: string; readonly csv: readonly string[] }>;
};

/** A preset to be taken by accounts below an account. */
export type PresetOrder = {
  readonly preset: RowId;
  readonly mode: PresetMode;
  readonly accounts: readonly AccountId[];
};

/** Presets of an account, and what they make of accounts below it. */
export type PresetsSource = {
  readonly presets: (account: AccountId) => Promise<readonly ShownPreset[]>;
  /** How many of the subtree took which version of one. */
  readonly takers: (account: AccountId, preset: RowId) => Promise<PresetTakers>;
  readonly savePreset: (account: AccountId, wish: Omit<PresetToSave, 'account'>) => Promise<{ readonly id: RowId }>;
  readonly removePreset: (account: AccountId, preset: RowId) => Promise<void>;
  /** Brings one back that was removed. */
  readonly restorePreset: (account: AccountId, preset: RowId) => Promise<void>;
  /** @param preset null: new subaccounts begin with what those above say */
  readonly setDefault: (account: AccountId, preset: RowId | null) => Promise<void>;
  readonly previewPreset: (account: AccountId, order: PresetOrder) => Promise<readonly CapsResult[]>;
  readonly applyPreset: (account: AccountId, order: PresetOrder) => Promise<readonly CapsResult[]>;
};

/** A view of a list that somebody keeps, for themselves or for all who see the account's list. Density is part of it. */
export type SavedView = {
  readonly id: RowId;
  readonly name: string;
  readonly audience: 'private' | 'account';
  readonly view: Omit<ScreenView, 'query' | 'saved'>;
  readonly density: 'comfortable' | 'compact';
};

/** The views of an account's list that are shared with the account, and that whoever looks keeps. Every promise rejects with a {@link SourceRefusal}. */
export type ViewsSource = {
  readonly list: (account: AccountId) => Promise<readonly SavedView[]>;
  /** @param view `id` null: a new one */
  readonly save: (account: AccountId, view: Omit<SavedView, 'id'> & { readonly id: RowId | null }) => Promise<RowId>;
  readonly remove: (account: AccountId, view: RowId) => Promise<void>;
};

/** A blueprint that a new account is to be set up with, and what it asks for, by key. */
export type BlueprintChoice = {
  readonly id: RowId;
  readonly version: number;
  readonly variables: Record<string, string>;
};

/** Changes to accounts, and what one would hit. Every promise rejects with a {@link SourceRefusal}. */
export type AccountActs = {
  readonly create: (
    parent: AccountId,
    wish: { readonly name: string; readonly blueprint?: BlueprintChoice },
  ) => Promise<{ readonly account: AccountRow; readonly created: boolean }>;
  /** What an account below this one can be set up with. */
  readonly blueprints: (account: AccountId) => Promise<readonly OfferedBlueprint[]>;
  /** What set accounts of the subtree up, and how they stand to that. @param accounts at most 500 */
  readonly applied: (account: AccountId, accounts: readonly AccountId[]) => Promise<readonly AppliedBlueprint[]>;
  /** Tells of changes of the tree by which accounts may stand otherwise to what set them up, the last one first. Returns how to stop. */
  readonly watchApplied: (account: AccountId, changed: (treeVersion: number) => void) => () => void;
  readonly rename: (account: AccountId, name: string) => Promise<AccountRow>;
  readonly move: (account: AccountId, to: AccountId) => Promise<AccountRow>;
  readonly setProtection: (account: AccountId, protection: 'on' | 'off') => Promise<AccountRow>;
  readonly previewSuspension: (account: AccountId, signal?: AbortSignal) => Promise<SuspensionPreview>;
  readonly suspend: (account: AccountId, order: SuspensionOrder) => Promise<AccountRow>;
  readonly reactivate: (account: AccountId) => Promise<AccountRow>;
  readonly close: (account: AccountId) => Promise<AccountRow>;
  readonly reopen: (account: AccountId) => Promise<AccountRow>;
  /** Who comes near a maximum of minutes of its own, or falls back, after an answer. Returns how to stop. */
  readonly watchNear: (account: AccountId, after: string, reader: LiveReader<NearFrame>) => () => void;
  /** What is done to many accounts at once. */
  readonly bulk: BulkSource;
  /** Presets for many accounts. */
  readonly presets: PresetsSource;
  readonly views: ViewsSource;
  /** Products for many accounts. */
  readonly imports: ImportsSource;
};

/**
 * Where the list of subaccounts gets them from and sends changes to. The elements know nothing else of the outside: production
 * gives them the client, tests an in-memory tree.
 */
export type AccountSource = {
  readonly list: (account: AccountRef, query: ListQuery, signal?: AbortSignal) => Promise<AccountPage>;
  readonly search: (account: AccountRef, query: SearchQuery, signal?: AbortSignal) => Promise<SearchPage>;
  readonly get: (account: AccountRef, signal?: AbortSignal) => Promise<AccountDetail>;
  /** What changes accounts; no list needs it before somebody changes one. */
  readonly acts: () => Promise<AccountActs>;
  /** Minutes of some accounts of the subtree: the present state first, then what changes. Returns how to stop. @param watched at most 500 */
  readonly subscribeUsage: (
    account: AccountRef,
    watched: readonly AccountId[],
    reader: LiveReader<UsageFrame>,
  ) => () => void;
  /** The account itself and others of its subtree, as they change after an answer or a frame. Returns how to stop. */
  readonly subscribeAccounts: (
    account: AccountRef,
    watched: AccountsWatched,
    reader: LiveReader<AccountsTold>,
  ) => () => void;
  readonly state: LiveSignal;
};
