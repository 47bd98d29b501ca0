import type { PlanVersion } from '../billing/plan.ts';
import type { Decision, Refusal } from '../errors.ts';
import type { AccountLabel, AccountStatus, BillingMode } from '../hierarchy/account.ts';
import type { RowId, UserId } from '../ids.ts';
import type { Instant } from '../time.ts';
import type { ReminderDays, Transfer, TransferStep, TransferTerms } from './transfer.ts';

/** All that can happen to a transfer, or to an account that could be in one. */
export type TransferEvent =
  | { readonly event: 'preview' }
  | {
      readonly event: 'start';
      readonly id: RowId;
      readonly key: string;
      readonly terms: TransferTerms;
      /** The account's name as it was typed. */
      readonly typedName: string;
    }
  /** By whoever is signed in with this address. */
  | { readonly event: 'confirmOwner'; readonly userId: UserId; readonly email: string }
  | {
      readonly event: 'setDetails';
      readonly country: string;
      /** Whether the plan that was chosen is sold there. */
      readonly plan: 'sold' | 'not_sold';
    }
  | { readonly event: 'setPayment'; readonly method: string; readonly state: 'pending' | 'set' }
  /** @param choice as `decidePlanChoice` says */
  | { readonly event: 'choosePlan'; readonly choice: Decision<PlanVersion> }
  /** @param unfit why the account can't have the plan that it chose, as `unfitPlan` says; null: it can, or chose none */
  | { readonly event: 'complete'; readonly unfit: Refusal | null }
  | { readonly event: 'cancel' }
  /** By the child's owner, or by who was invited. */
  | { readonly event: 'decline'; readonly reason: string | null }
  | { readonly event: 'extend'; readonly days: number }
  /** By the timer. */
  | { readonly event: 'expire'; readonly afterwards: 'stay' | 'suspend' }
  | { readonly event: 'remind'; readonly days: ReminderDays; readonly expiresAt: Instant }
  | { readonly event: 'mailBounced' }
  /** To the same address, or to another one. */
  | { readonly event: 'resend'; readonly recipient: string }
  | {
      readonly event: 'openInvitation';
      readonly token: 'current' | 'void';
      readonly email: string;
      readonly member: 'member' | 'stranger';
    }
  | { readonly event: 'ownerLost'; readonly userId: UserId }
  | { readonly event: 'paymentLost'; readonly method: string }
  /** The plan that was chosen is not offered any more, or doesn't fit the account any more. */
  | { readonly event: 'planLost'; readonly plan: string }
  | {
      readonly event: 'providerReported';
      readonly transfer: RowId;
      readonly method: string;
      readonly state: 'failed' | 'set';
    }
  | { readonly event: 'providerUnreachable'; readonly method: string }
  | { readonly event: 'move' }
  | { readonly event: 'ancestorMoved' }
  | { readonly event: 'ancestorStarts' }
  | { readonly event: 'ancestorCompletes' }
  | { readonly event: 'nestedStarts' }
  | { readonly event: 'ancestorSuspended' }
  | { readonly event: 'suspend' }
  | { readonly event: 'closeParent' }
  | { readonly event: 'parentUnpaid' }
  | { readonly event: 'close' }
  | { readonly event: 'reopenOrErase' }
  | { readonly event: 'usage'; readonly occurredAt: Instant }
  | { readonly event: 'inviteBack' };

/** Name of an event. */
export type TransferEventName = TransferEvent['event'];

/** What the decision needs to know. All of it is read under the lock of the row, for start and completion under that of the tree before it. */
export type TransferSituation = {
  readonly account: AccountLabel & {
    readonly status: AccountStatus;
    readonly billingMode: BillingMode;
    /** When it or anything below it was last placed. */
    readonly lastPlacedAt: Instant;
  };
  /** The one that the event is about, otherwise the newest one of the account; null: there is none. */
  readonly transfer: Transfer | null;
  /** An account above it that is in transfer. */
  readonly ancestor: AccountLabel | null;
  /** Accounts below it that are in transfer. */
  readonly nested: readonly AccountLabel[];
};

/** Something that is done with a change, in its transaction or by a job that it enqueues. */
export type TransferEffect =
  /** A mail with a new token to the recipient. */
  | { readonly effect: 'inviteRecipient'; readonly email: string }
  | { readonly effect: 'voidToken' }
  /** Jobs for the end, and for the reminders before it. */
  | { readonly effect: 'scheduleEnd'; readonly at: Instant }
  | { readonly effect: 'scheduleReminder'; readonly days: ReminderDays; readonly at: Instant }
  | { readonly effect: 'makeOwner'; readonly userId: UserId }
  | { readonly effect: 'detachPayment'; readonly method: string }
  | { readonly effect: 'retryPayment'; readonly method: string }
  /** The provider's object is read again: the order of its reports is not trusted. */
  | { readonly effect: 'rereadPayment'; readonly method: string }
  | { readonly effect: 'deleteDetails' }
  /** The event `complete` follows: it takes the lock of the tree first. */
  | { readonly effect: 'complete' }
  /** The account with its subtree becomes a tree of its own, and pays from this instant on. */
  | { readonly effect: 'release'; readonly at: Instant; readonly plan: PlanVersion; readonly agency: 'kept' | 'ended' }
  | { readonly effect: 'suspend' }
  | {
      readonly effect: 'tell';
      readonly whom: 'parent' | 'child' | 'both';
      readonly what: Exclude<TransferNews, 'declined'>;
    }
  | { readonly effect: 'tell'; readonly whom: 'parent'; readonly what: 'declined'; readonly reason: string | null }
  | { readonly effect: 'remindToPay' }
  | { readonly effect: 'invoiceUntilClosed' }
  | { readonly effect: 'bill'; readonly whom: 'parent' | 'child' };

/** What the two sides are told of. */
export type TransferNews =
  | 'started'
  | 'completed'
  | 'cancelled'
  | 'declined'
  | 'expired'
  | 'extended'
  | 'reminder'
  | 'mailBounced'
  | `${TransferStep}Cleared`;

/** What an event does: the transfer as it is stored then (the very same object: nothing changes), and what goes with it. */
export type TransferChange = { readonly transfer: Transfer | null; readonly effects: readonly TransferEffect[] };
