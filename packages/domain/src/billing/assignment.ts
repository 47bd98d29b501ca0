import { accept, type Decision, refuse } from '../errors.ts';
import type { AccountId } from '../ids.ts';
import { quoted } from '../text.ts';
import { type Instant, instantOf } from '../time.ts';
import { billingPeriodOf } from '../usage/period.ts';

/** Over which time a customer has a book: it begins with `from`, and `to` is not in it any more (null: open). */
export type AssignmentSpan = { readonly from: Instant; readonly to: Instant | null };

/** What the decision needs to know. All of it is read under the lock of the tree. */
export type AssignmentState = {
  readonly seller: AccountId;
  readonly customer: { readonly name: string; readonly parentId: AccountId | null };
  /** The other times for which the customer has a book, and in which currency it pays then. */
  readonly others: readonly (AssignmentSpan & { readonly currency: string })[];
  /** From when on it may have used something: when it was made, less how late usage may arrive. */
  readonly earliest: Instant;
  /** End of the newest period for which the customer has a statement that doesn't change any more; null: none. */
  readonly closedUntil: Instant | null;
};

/** A wish for an assignment. */
export type AssignmentWish = {
  /** ISO 4217, of the book. */
  readonly currency: string;
  /** Absent: from the next period. */
  readonly from?: Instant | undefined;
  /** Absent: open. */
  readonly to?: Instant | null | undefined;
  /** Whether whoever wishes it has seen what it does to the period that is running. */
  readonly openPeriod: 'previewed' | 'not_previewed';
};

/**
 * Whether a customer may have a book for a time (rules/money 18): direct subaccounts only, one book at a time, from the next period unless it is
 * said otherwise. Into the period that runs only with a preview, into a closed one never, nor into one before there was such a customer; and in one
 * currency within a period.
 *
 * @param nowMs UTC milliseconds since 1970
 */
export function decideAssignment(
  { seller, customer, others, earliest, closedUntil }: AssignmentState,
  { currency, from: wished, to = null, openPeriod }: AssignmentWish,
  nowMs: number,
): Decision<AssignmentSpan> {
  const running = billingPeriodOf(instantOf(nowMs));
  const from = wished ?? running.end;
  const name = quoted(customer.name);
  if (customer.parentId !== seller)
    return refuse('ASSIGNMENT_INVALID', `${name} is no direct subaccount: its own parent sells to it.`, 'account');
  if (to !== null && to <= from) return refuse('ASSIGNMENT_INVALID', 'It would end before it starts.', 'to');
  const first = billingPeriodOf(earliest);
  if (from < first.start)
    return refuse(
      'ASSIGNMENT_INVALID',
      `${name} used nothing before ${first.key}: begin in that month, or later.`,
      'from',
    );
  if (closedUntil !== null && from < closedUntil)
    return refuse('PERIOD_CLOSED', `The statements of ${name} until ${closedUntil} don’t change any more.`, 'from');
  if (from < running.end && openPeriod === 'not_previewed')
    return refuse('PREVIEW_STALE', 'It would change a period that is running: look at the preview first.', 'from');
  const other = others.find((one) => overlap({ from, to }, one));
  if (other) {
    const until = other.to === null ? '' : ` until ${other.to}`;
    return refuse('ASSIGNMENT_OVERLAP', `${name} has a book from ${other.from}${until} already.`, 'from');
  }
  // A statement has one currency.
  const whole = { from: billingPeriodOf(from).start, to: to === null ? null : endOfPeriods(to) };
  const foreign = others.find((one) => one.currency !== currency && overlap(whole, one));
  if (foreign) {
    const message = `${name} pays in ${foreign.currency} in a part of this period: begin with the next one.`;
    return refuse('ASSIGNMENT_INVALID', message, 'from');
  }
  return accept({ from, to });
}

const overlap = (a: AssignmentSpan, b: AssignmentSpan): boolean =>
  (a.to === null || b.from < a.to) && (b.to === null || a.from < b.to);

/** The end of the period that an end falls in; the end of one itself. */
function endOfPeriods(to: Instant): Instant {
  const { start, end } = billingPeriodOf(to);
  return to === start ? to : end;
}
