import type { AccountId } from '../ids.ts';
import type { Instant } from '../time.ts';
import type { Decimal } from '../usage/decimal.ts';

/** An account as sentences and short lists name it. */
export type AccountLabel = { readonly id: AccountId; readonly name: string };

/** An account's own status (rules/accounts 10), whatever is suspended above it. */
export type AccountStatus = 'active' | 'suspended' | 'closed';

/** What a suspension means (rules/accounts 12), mildest first. */
export const SUSPENSION_KINDS = ['no_new_work', 'read_only', 'full_stop'] as const;
export type SuspensionKind = (typeof SUSPENSION_KINDS)[number];

/** A suspension as stored on one account. It holds from `from` (null: at once) to `until` (null: until reactivated). */
export type Suspension = {
  readonly kind: SuspensionKind;
  readonly from: Instant | null;
  readonly until: Instant | null;
};

/** A suspension with the reason that was given, up to 500 characters. */
export type SuspensionOrder = Suspension & { readonly reason: string | null };

/** What the subaccounts of an account can be sorted by. */
export const ACCOUNT_SORTS = ['name', 'members', 'agents', 'minutes', 'created'] as const;
export type AccountSort = (typeof ACCOUNT_SORTS)[number];

/** Who pays for an account (rules/accounts 21): its nearest direct-billed ancestor, or itself. */
export type BillingMode = 'parent' | 'direct';

/** A countable of an account: its own, and that of its whole subtree including itself. */
export type OwnAndTotal<T> = { readonly own: T; readonly total: T };

/** One row of the subaccounts table (rules/accounts 6), wherever it comes from: listing, search, live stream. */
export type AccountRow = {
  readonly id: AccountId;
  /** Null for a root, and for an account whose parent the reader doesn't reach. */
  readonly parentId: AccountId | null;
  readonly externalId: string | null;
  readonly name: string;
  /** 0 for a root; null for a reader who doesn't reach all accounts above. */
  readonly depth: number | null;
  /** As seen when the row was read: suspended from the start of a suspension until its end (`seenAt`). */
  readonly status: AccountStatus;
  /** The own suspension that holds or is about to; null when there is none, or it has ended. */
  readonly suspension: SuspensionOrder | null;
  readonly protected: boolean;
  readonly billingMode: BillingMode;
  /** When its billing transfer ends unless it is completed before; null: none is under way. */
  readonly transferUntil: Instant | null;
  /** Direct, live (not closed) children. */
  readonly children: number;
  /** Live descendants, without the account itself. */
  readonly subaccounts: number;
  readonly members: OwnAndTotal<number>;
  readonly agents: OwnAndTotal<number>;
  /** Call minutes of the current billing period; null when the actor may not see usage. */
  readonly minutes: OwnAndTotal<Decimal> | null;
  /** How many permissions its own caps leave less of than there is, and how many nobody decided yet; null: a main account has no caps. */
  readonly caps: { readonly restricted: number; readonly unreviewed: number } | null;
  /** Call minutes that it may use in a billing period with all below it; null: it has no maximum of its own. */
  readonly minutesMax: Decimal | null;
  readonly createdAt: Instant;
  readonly closedAt: Instant | null;
};

/**
 * A row as it is shown to whoever doesn't see all that is above it (rules/permissions 13): neither how deep the account stands nor, of the topmost
 * one that they reach, which one it hangs under.
 */
export const rowInPart = <Row extends AccountRow>(row: Row, topmost: AccountId | undefined): Row => ({
  ...row,
  depth: null,
  parentId: row.id === topmost ? null : row.parentId,
});
