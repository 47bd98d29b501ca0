import type { AuditActor, Database, TreeChange, UsageStore } from '@tenantree/db';
import {
  type AccountId,
  type Clock,
  DAY_MS,
  type Instant,
  instantOf,
  type Keeping,
  type KeyId,
  type RowId,
  type UserId,
} from '@tenantree/domain';

/** What every slice is given: where data lives, what time it is, and who is told after a commit. Nothing of it is global. */
export type Hall = {
  readonly db: Database;
  readonly usage: UsageStore;
  readonly clock: Clock;
  /** A fresh UUIDv7 by the injected clock. */
  readonly newId: <Id extends string = RowId>() => Id;
  /** 256 random bits as base64url. */
  readonly newSecret: () => string;
  readonly settings: Settings;
  readonly announce: Announce;
  /** Usage was recorded and is committed: it is counted soon, and then live viewers are told. */
  readonly usageRecorded: () => void;
};

/** What an operator may set (docs/operators.md). */
export type Settings = Keeping & {
  /** Levels of subaccounts below a main account, 1–32. */
  readonly maxDepth: number;
  /** Who may make main accounts: whoever is signed in, owners of one, nobody. */
  readonly mainAccountsBy: 'everyone' | 'owners' | 'nobody';
  /** For how long what trees changed is kept for viewers that resume. */
  readonly liveResumeMinutes: number;
  /** Days for which usage events are kept after their month; null: for ever. */
  readonly usageRetentionDays: number | null;
  /** Where people reach the web app, without a slash at the end. */
  readonly publicUrl: string;
  /** Key for signing cursors. */
  readonly secret: string;
};

/** Tells live viewers, here and in other processes, what was committed. Called after the commit, never before. */
export type Announce = {
  /** Usage was counted. */
  usage(trees: readonly TreeChange[]): void;
  /** Accounts of a tree whose rows changed with this version; departures are read from the database. */
  accounts(change: {
    readonly root: AccountId;
    readonly version: number;
    readonly ids: readonly AccountId[];
    /** Accounts came to where their minutes are news. */
    readonly usage?: 'moved';
  }): void;
  /** Somebody's access may have changed: whoever matches is asked again for every live stream. */
  access(change: AccessChange): void;
};

export type AccessChange = {
  readonly users?: readonly UserId[];
  readonly keys?: readonly KeyId[];
  /** Sessions of embedded screens. */
  readonly tokens?: readonly RowId[];
  /** Everybody who watches something in this subtree, or reaches through it. */
  readonly subtree?: AccountId;
};

/** The one who calls, as far as slices care: how the audit log names them, and what they are a member of. */
export type Caller = {
  readonly actor: AuditActor;
  /** The person, or the owner of the key that acts. */
  readonly user: UserId;
  /** The key that acts, or that the acting screen was made with: what it makes ends with it. */
  readonly key: KeyId | null;
  readonly requestId: string;
};

/** The present instant by the injected clock. */
export const nowOf = (hall: Pick<Hall, 'clock'>): Instant => instantOf(hall.clock.nowMs());

/** What usage that is recorded now has in common: the instant, and since when its keys are kept (decisions.md 6). */
export const recordedNow = ({ clock, settings }: Hall): { readonly now: Instant; readonly keysSince: Instant } => {
  const nowMs = clock.nowMs();
  return { now: instantOf(nowMs), keysSince: instantOf(nowMs - settings.usageMaxAgeDays * DAY_MS) };
};
