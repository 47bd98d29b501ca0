import type { DetailedInvoice, StatementDetails } from '@tenantree/contract';
import { type BillingPeriod, DAY_MS, formatAmount, instantOf, type Priced, pricedWords } from '@tenantree/domain';
import { moneyOf } from './shown-plan.ts';

/** Documents are in English, in the way of Europe. */
export const LOCALE = 'en-GB';

const decimals = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 9 });
/** A decimal with all of its digits. */
export const decimalWords = (decimal: string): string => decimals.format(decimal as Intl.StringNumericLiteral);

type Amount = StatementDetails['total'];
/** An amount in words. */
export const amountWords = (amount: Amount): string => formatAmount(moneyOf(amount), LOCALE);

/** What a meter came to as a whole: all that was used, what of it was included, and at which price the rest was. */
export const ratedWords = (
  one: Priced & { readonly quantity: string; readonly included: string; readonly amount: Amount },
): string => {
  const each = pricedWords(one, { price: decimalWords, quantity: decimalWords });
  const used = `${decimalWords(one.quantity)} ${one.quantity === '1' ? one.unit : `${one.unit}s`}`;
  return `${used}, ${decimalWords(one.included)} included, at ${each}: ${amountWords(one.amount)}`;
};

/** What a tax is of, and at which rate. */
export const taxWords = ({ category, rate, base, amount }: DetailedInvoice['taxes'][number]): string =>
  `${decimalWords(rate)} % (${category}) of ${amountWords(base)}: ${amountWords(amount)}`;

/** A time between two instants: its first and its last day of UTC, or the times, where those aren’t whole days. */
export function spanWords(from: string, to: string): string {
  const isOfDays = [from, to].every((instant) => Date.parse(instant) % DAY_MS === 0);
  if (!isOfDays) return `${timeOf(from)} to ${timeOf(to)}`;
  return `${from.slice(0, 10)} to ${instantOf(Date.parse(to) - 1).slice(0, 10)}`;
}

const timeOf = (instant: string): string => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;

/** The days of a period. */
export const periodWords = ({ start, end }: Pick<BillingPeriod, 'start' | 'end'>): string =>
  `${spanWords(start, end)}, UTC`;

const countries = new Intl.DisplayNames(LOCALE, { type: 'region' });
/** A country by its code. */
export const countryWords = (code: string | null): string | null => code && (countries.of(code) ?? code);

/** How amounts are rounded. */
export const ROUNDED =
  'Amounts are rounded once per meter, half away from zero, and shared out by largest remainder: lines always add up to the total.';

/** What of a document with too many lines is drawn. */
export const summedWords = (drawn: number, lines: number): readonly string[] =>
  drawn < lines
    ? [
        `Lines are summed up here by direct subaccount. All ${decimalWords(String(lines))} of them are in the CSV of this document.`,
      ]
    : [];
