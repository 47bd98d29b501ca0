import type { PlanVersion } from '../billing/plan.ts';
import type { BillingMode } from '../hierarchy/account.ts';
import type { RowId, UserId } from '../ids.ts';
import { DAY_MS, type Instant, msOf } from '../time.ts';

/** Where an account stands between being paid for and paying for itself (rules/transfer 1). */
export const TRANSFER_STAGES = ['parent_billed', 'in_progress', 'independent'] as const;
export type TransferStage = (typeof TRANSFER_STAGES)[number];

/** How people call the stages. */
export const TRANSFER_BADGES: Readonly<Record<TransferStage, string>> = {
  parent_billed: 'Paid by parent account',
  in_progress: 'Billing transfer in progress',
  independent: 'Independent account',
};

/** Where one transfer is: under way, or how it ended. */
export const TRANSFER_STATES = ['in_progress', 'completed', 'cancelled', 'declined', 'expired'] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

/** What the child sets up, in the order of its checklist (rules/transfer 3). */
export const TRANSFER_STEPS = ['owner', 'details', 'payment', 'plan'] as const;
export type TransferStep = (typeof TRANSFER_STEPS)[number];

/** How people call the steps. */
export const STEP_LABELS: Readonly<Record<TransferStep, string>> = {
  owner: 'owner confirmed',
  details: 'billing details',
  payment: 'payment method',
  plan: 'plan',
};

/** A payment method as the checklist knows it: what its provider calls it, and whether the provider has it. */
export type ChosenPayment = { readonly method: string; readonly state: 'pending' | 'failed' | 'set' };

/** What of the checklist is done; null: not yet. */
export type TransferSteps = {
  /** Who confirmed to be the owner. */
  readonly owner: UserId | null;
  /** ISO 3166-1 alpha-2; the details themselves are kept elsewhere. */
  readonly details: { readonly country: string } | null;
  readonly payment: ChosenPayment | null;
  readonly plan: PlanVersion | null;
};

/** What a transfer is started with. */
export type TransferTerms = {
  /** E-mail address of who completes it. */
  readonly recipient: string;
  readonly graceDays: number;
  /** Whether owners and admins of the former parent are invited as agency admins. */
  readonly agency: 'kept' | 'ended';
  /** Whether the last step completes it, or somebody has to say so. */
  readonly completion: 'automatic' | 'confirmed';
  readonly message: string | null;
};

/** A transfer as it is stored. */
export type Transfer = TransferTerms & {
  readonly id: RowId;
  /** Idempotency key of the call that started it. */
  readonly key: string;
  /** Raised by every change. */
  readonly version: number;
  readonly state: TransferState;
  readonly expiresAt: Instant;
  readonly steps: TransferSteps;
  /** Whether the mail to the recipient came back. */
  readonly mail: 'sent' | 'bounced';
  /** Days for which a reminder was sent, before the present end. */
  readonly reminded: readonly ReminderDays[];
  /** From when on the account pays for itself, or when the transfer ended otherwise; null: it is under way. */
  readonly endedAt: Instant | null;
};

/** Days of a grace period, and of what extends it (rules/transfer 2). */
export const GRACE_DAYS = { least: 1, most: 90, usual: 30 } as const;

/** How many days before the end somebody is reminded. */
export const REMINDER_DAYS = [7, 3, 1] as const;
export type ReminderDays = (typeof REMINDER_DAYS)[number];

/** When a reminder is due (UTC milliseconds since 1970). */
export const reminderAtMs = (expiresAt: Instant, days: ReminderDays): number => msOf(expiresAt) - days * DAY_MS;

/** The reminders that are still to come; those whose time is past already are skipped. @param nowMs UTC milliseconds since 1970 */
export const remindersAhead = (expiresAt: Instant, nowMs: number): ReminderDays[] =>
  REMINDER_DAYS.filter((days) => reminderAtMs(expiresAt, days) > nowMs);

/** Nothing done yet. */
export const NO_STEPS: TransferSteps = { owner: null, details: null, payment: null, plan: null };

/** What of the checklist is missing. A payment method that its provider doesn't have yet is. */
export const missingSteps = ({ steps }: Pick<Transfer, 'steps'>): TransferStep[] =>
  TRANSFER_STEPS.filter((step) => steps[step] === null || (step === 'payment' && steps.payment?.state !== 'set'));

/** Where an account stands. @param transfer its newest one; null: it never had one */
export function stageOf(billingMode: BillingMode, transfer: Pick<Transfer, 'state'> | null): TransferStage {
  if (billingMode === 'direct') return 'independent';
  return transfer?.state === 'in_progress' ? 'in_progress' : 'parent_billed';
}

/**
 * Who pays for what was used at an instant (rules/transfer 8): the parent before the account became independent, the account from that
 * instant on.
 */
export const payerAtTransfer = (occurredAt: Instant, independentFrom: Instant): 'parent' | 'child' =>
  occurredAt >= independentFrom ? 'child' : 'parent';
