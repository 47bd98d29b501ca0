import type { AccountId, AccountRow, Decimal, Instant, KeyId, Refusal, RowId, UserId } from '@tenantree/domain';

/** The minutes of one account, and where it stands, as of a version of its tree. */
export type PlacedUsage = {
  readonly account: AccountId;
  /** Root first, the account itself last. */
  readonly path: readonly AccountId[];
  readonly own: Decimal;
  readonly total: Decimal;
};

/** What was committed in one tree: new minutes of the current billing period. */
export type UsageChange = {
  readonly root: AccountId;
  /** Handed out by the database in commit order, without holes. */
  readonly version: number;
  readonly changes: readonly PlacedUsage[];
  /** False when more changed than is listed: the hub reads the state after `version` again. */
  readonly complete: boolean;
};

/** What was committed in one tree: accounts whose rows changed, ancestors whose totals changed with them included. */
export type AccountsChange = {
  readonly root: AccountId;
  readonly version: number;
  readonly ids: readonly AccountId[];
  /** Accounts came to where their minutes are news, and minutes of those above them changed. */
  readonly usage?: 'moved';
};

/** Whose access may have changed. Every live stream that matches any of these is asked again, and cut if nothing allows it any more. */
export type AccessChange = {
  readonly users?: readonly UserId[];
  readonly sessions?: readonly string[];
  readonly keys?: readonly KeyId[];
  readonly tokens?: readonly RowId[];
  /** Everybody who watches something in this subtree, or whose watched account stands below it. */
  readonly subtree?: AccountId;
};

/** Which part of the state is read: of a subtree, or of some of its accounts, as far as it changed after a version (0: what there is). */
export type StateQuery = {
  readonly subtree: AccountId;
  readonly since: number;
  readonly only?: readonly AccountId[];
  /** With `only`: the accounts directly below these, too. Of accounts, not of usage. */
  readonly childrenOf?: readonly AccountId[];
};

/** How far back a state goes. Everything up to `version` is in it; later changes may be. */
export type StateBounds = {
  readonly version: number;
  /** It holds what changed after this version; 0: all there is to tell, whatever its versions are. */
  readonly from: number;
  /** What changed since the version that was asked for is not known any more, or too much. */
  readonly gap: boolean;
};

/** Usage of a subtree, each total with the version that it is of. */
export type UsageState = StateBounds & {
  readonly changes: readonly (PlacedUsage & { readonly version: number })[];
  /** What was moved since, and all that stood or stand above it: who watches some accounts below one of these reads them anew. */
  readonly moved: readonly AccountId[];
};

/** An account row (without minutes) with where it stands. */
export type PlacedAccount = { readonly row: AccountRow; readonly path: readonly AccountId[]; readonly version: number };

/** An account that left a place: the path it had. It may live on elsewhere in the tree, or be erased. */
export type Departure = { readonly account: AccountId; readonly path: readonly AccountId[]; readonly version: number };

/** Accounts of a subtree that changed, and those that left it. */
export type AccountsState = StateBounds & {
  readonly accounts: readonly PlacedAccount[];
  readonly departures: readonly Departure[];
};

/** Where the hub reads what it was not told: for viewers that attach or resume, and after changes in other processes. */
export type LiveSource = {
  /** Minutes of a billing period. */
  usage(query: StateQuery & { readonly period: Instant }): Promise<UsageState>;
  /** Accounts as they are seen now. */
  accounts(query: StateQuery & { readonly now: Instant }): Promise<AccountsState>;
  /** The present version of the tree that an account is in; 0 before its first change. */
  version(account: AccountId): Promise<number>;
};

/**
 * News between servers of one deployment. What is sent arrives in its order at every other server, and maybe at the one that sent it, or gets
 * lost: then it is read from the database.
 */
export type News = {
  /** Longest text that travels, in bytes. */
  readonly maxBytes: number;
  /** Sends a text. @param subject what it is about: the id of a tree's root, or `access`; for carriers that tell texts apart by that */
  publish(subject: string, text: string): void;
  /** Hears all texts until closed. Resolves when it does. @param onLost called when some may have been lost */
  subscribe(onText: (text: string) => void, onLost: () => void): Promise<{ close(): Promise<void> }>;
};

/** What still entitles a viewer to its stream: where the watched account stands now, and when to ask again at the latest. */
export type Entitlement = { readonly path: readonly AccountId[]; readonly changesAtMs: number | null };

/** Somebody who watches, as the hub knows them. */
export type Viewer = Entitlement & {
  /** The same for all streams of one actor to one account with one need: they are asked about once. */
  readonly key: string;
  readonly user: UserId | null;
  readonly session: string | null;
  readonly apiKey: KeyId | null;
  readonly token: RowId | null;
  /** Whose turn its reads take: all streams of one person, key or embedded screen are one. */
  readonly turn: string;
  /** Asks again whether the viewer may watch; the refusal becomes the stream's error. */
  readonly ask: () => Promise<Entitlement | Refusal>;
};

/** What the hub counts. */
export type LiveMetrics = {
  /** A subscription began (+1) or ended (-1). */
  subscriptions(channel: 'usage' | 'accounts', change: 1 | -1): void;
  /** Frames written to sockets or handed to event streams. @param bytes what the hub itself wrote: none for event streams */
  frames(channel: 'usage' | 'accounts', count: number, bytes: number): void;
  /** A reader was over its buffer bound at a tick, and was skipped. */
  skipped(): void;
  /** A subscription was cut because its access ended. */
  revoked(): void;
};
