import { accept, type Decision, refuse } from '../errors.ts';
import { amountText, type Money } from '../money/amount.ts';
import { split } from '../money/split.ts';
import { type Line, type Segment, totalOf } from './lines.ts';

/**
 * What an interim invoice bills: all usage of the period so far less what interims have billed, once that reaches the threshold; null as
 * long as it doesn't (rules/money 11). Fees don't count.
 *
 * @param rated usage of the period so far, rated and rounded; minor units
 * @param interims amounts of the interim invoices of this period so far; minor units
 * @param threshold minor units, above 0
 */
export function interimDue(rated: bigint, interims: readonly bigint[], threshold: bigint): bigint | null {
  const due = interims.reduce((rest, amount) => rest - amount, rated);
  return due >= threshold ? due : null;
}

/** One line for each interim invoice, which the closing invoice takes off. @param interims their amounts in minor units, first to last */
export const alreadyInvoiced = (interims: readonly bigint[]): Extract<Line, { type: 'already_invoiced' }>[] =>
  interims.map((amount, n) => ({ type: 'already_invoiced', interim: n + 1, amount: -amount }));

/** An invoice with its sum, and what it does to the payer's balance. Minor units, none below 0. */
export type Settlement<Of extends Segment = Segment> = {
  readonly lines: readonly Line<Of>[];
  readonly total: bigint;
  /** Taken from the balance. */
  readonly applied: bigint;
  /** What is left to be paid. */
  readonly due: bigint;
  /** What a credit note gives to the balance, because the lines are less than nothing. */
  readonly toBalance: bigint;
};

/**
 * Sums up an invoice (rules/money 12). It is never below 0: what would be goes to the balance by a credit note and stands as a line of its
 * own, so that the total is the sum of the lines always. Balance is used up first, and is never below 0.
 *
 * @param balance what the payer has in credit; minor units, not below 0
 */
export function settle<Of extends Segment>(lines: readonly Line<Of>[], balance: bigint): Settlement<Of> {
  const sum = totalOf(lines);
  if (sum < 0n) {
    const moved: Line<Of> = { type: 'credit', amount: -sum };
    return { lines: [...lines, moved], total: 0n, applied: 0n, due: 0n, toBalance: -sum };
  }
  const applied = balance < sum ? balance : sum;
  return { lines, total: sum, applied, due: sum - applied, toBalance: 0n };
}

/** A line of an issued invoice, with what credit notes took of it so far; minor units, `credited` of the sign of the amount. */
export type CreditableLine = { readonly id: string; readonly amount: bigint; readonly credited: bigint };

/**
 * The lines of a credit note over some of an invoice (rules/money 13), in the order of the invoice's: the amount is split by what is left of
 * each, so a credit of all that is left mirrors every line. There is no other way to take an invoice back.
 *
 * @param amount what is credited
 * @returns minor units for each line, negative where the line is positive
 */
export function decideCredit(lines: readonly CreditableLine[], amount: Money): Decision<bigint[]> {
  if (amount.minor <= 0n) return refuse('PRICE_INVALID', 'A credit note is of more than 0.', 'amount');
  const left = lines.map(({ id, amount, credited }) => ({ id, weight: amount - credited }));
  const most = left.reduce((sum, { weight }) => sum + weight, 0n);
  if (amount.minor > most) {
    const text = amountText({ currency: amount.currency, minor: most > 0n ? most : 0n });
    return refuse(
      'CREDIT_TOO_HIGH',
      `Of this invoice ${text} ${amount.currency.code} can still be credited.`,
      'amount',
    );
  }
  return accept(split(-amount.minor, left));
}
