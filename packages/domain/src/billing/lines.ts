import type { Currency } from '../money/currencies.ts';
import { minorOfPrice } from '../money/rounding.ts';
import { byId, split } from '../money/split.ts';
import type { Instant } from '../time.ts';
import type { MeterKey } from '../usage/meters.ts';
import type { BillingPeriod } from '../usage/period.ts';
import { fractionOf } from './closing.ts';
import { prorate, type Rates, rate } from './rates.ts';

/**
 * What one account used of one meter while it stood under one parent, in one period. Its `id` names both, and orders what is equal
 * otherwise. Segments under the same parent are one.
 */
export type Segment = {
  readonly id: string;
  /** 10⁻⁹ of what the meter is counted as. */
  readonly quantity: bigint;
};

/** A line of an invoice or statement. Amounts are minor units. */
export type Line<Of extends Segment = Segment> =
  /** The monthly fee, or the part of it for which terms held. */
  | { readonly type: 'fee'; readonly from: Instant; readonly to: Instant; readonly amount: bigint }
  | { readonly type: 'usage'; readonly meter: MeterKey; readonly segment: Of; readonly amount: bigint }
  /** Usage of a period that was closed before; of corrections the quantity is negative. */
  | {
      readonly type: 'late';
      readonly meter: MeterKey;
      readonly ofPeriod: string;
      readonly segment: Of;
      readonly amount: bigint;
    }
  /** What the interim invoice of that number, from 1, has billed before. */
  | { readonly type: 'already_invoiced'; readonly interim: number; readonly amount: bigint }
  /** What goes to the balance instead, so that the invoice is no less than 0. */
  | { readonly type: 'credit'; readonly amount: bigint };

/** Sum of lines. */
export const totalOf = (lines: readonly { readonly amount: bigint }[]): bigint =>
  lines.reduce((sum, { amount }) => sum + amount, 0n);

/** All that is used of a meter. @returns 10⁻⁹ of what it is counted as */
export const quantityOf = (segments: readonly Segment[]): bigint =>
  segments.reduce((sum, { quantity }) => sum + quantity, 0n);

/**
 * The lines of one meter of one payer and period (rules/money 4): all usage is rated as a whole and rounded once, and that is split by
 * quantity. Nobody's part depends on who called first. Lines of nothing stay: they account for every unit.
 */
export function usageLines<Of extends Segment>(
  rates: Rates,
  currency: Currency,
  segments: readonly Of[],
): Extract<Line<Of>, { type: 'usage' }>[] {
  const shares = segments.map(({ id, quantity }) => ({ id, weight: quantity }));
  const amounts = split(rate(rates, currency, quantityOf(segments)), shares);
  return segments.map((segment, n) => ({ type: 'usage', meter: rates.meter, segment, amount: amounts[n]! }));
}

/** What is paid: a monthly fee and rates of meters. */
export type Terms = {
  readonly currency: Currency;
  /** 10⁻⁹ of the major unit. */
  readonly monthlyFee: bigint;
  readonly rates: readonly Rates[];
};

/** Terms over a part of a period, with what was used in it. */
export type TermsInForce<Of extends Segment = Segment> = {
  readonly terms: Terms;
  readonly from: Instant;
  /** Not in it; null: open. */
  readonly to: Instant | null;
  /** What was used meanwhile, by meter, as its rates price it. */
  readonly used: Readonly<Partial<Record<MeterKey, readonly Of[]>>>;
};

/**
 * Lines of a period under terms that held for some of it or for all of it: the fee and what is included in proportion, steps from the
 * beginning (rules/money 7). Asked with other terms than those that held, it says what they would have brought.
 */
export function linesUnder<Of extends Segment>(
  period: BillingPeriod,
  { terms, from, to, used }: TermsInForce<Of>,
): Line<Of>[] {
  const fraction = fractionOf(period, from, to);
  const fee: Line<Of> = {
    type: 'fee',
    from: from > period.start ? from : period.start,
    to: to !== null && to < period.end ? to : period.end,
    amount: minorOfPrice(terms.monthlyFee, terms.currency, fraction),
  };
  const usage = terms.rates.flatMap((rates) =>
    usageLines(prorate(rates, fraction), terms.currency, used[rates.meter] ?? []),
  );
  return [fee, ...usage];
}

/**
 * Late usage and corrections of a closed period, on the next invoice (rules/money 10). The differences are added to what was billed one after
 * the other, in the order of ids; each line is what the bill would have grown by. So all invoices together are what one invoice of
 * everything would have been, whatever comes and in how many pieces. What goes below nothing credits no more than was billed.
 *
 * @param rates those of that period, as they were prorated
 * @param billed what was billed of that meter and period so far, on all invoices, in 10⁻⁹ of what it is counted as
 * @param differences what each segment has now beyond what was billed; those without a difference may be left out
 */
export function lateLines<Of extends Segment>(
  rates: Rates,
  currency: Currency,
  ofPeriod: string,
  billed: bigint,
  differences: readonly Of[],
): Extract<Line<Of>, { type: 'late' }>[] {
  let running = billed;
  const inOrder = differences.filter(({ quantity }) => quantity !== 0n).toSorted(byId);
  return inOrder.map((segment) => {
    const before = rate(rates, currency, running);
    running += segment.quantity;
    const amount = rate(rates, currency, running) - before;
    return { type: 'late', meter: rates.meter, ofPeriod, segment, amount };
  });
}
