import { DAY_MS, pricedWords as inWords, type Priced } from '@tenantree/domain';
import { decimalWords, moneyWords, quantityWords, type ShownMoney } from '@tenantree/widget/money';
import { texts } from '../texts.ts';

/** An amount, as people read it. */
export const amount = (money: ShownMoney): string => moneyWords(money, texts.locale);
/** An amount that may not be known. */
export const amountOr = (money: ShownMoney | null, other = '–'): string => (money ? amount(money) : other);
/** A price, or a percentage, with all of its digits. */
export const price = (decimal: string): string => decimalWords(decimal, texts.locale);
export const quantity = (decimal: string): string => quantityWords(decimal, texts.locale);
/** So much of a unit, such as a minute. */
export const quantityOf = (decimal: string, unit: string): string =>
  `${quantity(decimal)} ${Number(decimal) === 1 ? unit : `${unit}s`}`;

const rough = new Intl.NumberFormat(texts.locale, {
  maximumFractionDigits: 1,
  maximumSignificantDigits: 2,
  roundingPriority: 'morePrecision',
});
/** A quantity that nobody knows exactly: with a digit after the point, or two that count where it is small. */
export const roughly = (decimal: string): string => rough.format(decimal as Intl.StringNumericLiteral);

/** A price with all that it takes to work out an amount, as people read it here. */
export const pricedWords = (priced: Priced): string => inWords(priced, { price, quantity });

const days = new Intl.DateTimeFormat(texts.locale, { dateStyle: 'medium', timeZone: 'UTC' });
const times = new Intl.DateTimeFormat(texts.locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** From when something is paid for: a day of UTC, as periods are, and the time where it isn’t midnight. */
export const startWords = (instant: string): string =>
  Date.parse(instant) % DAY_MS === 0 ? days.format(Date.parse(instant)) : `${times.format(Date.parse(instant))} UTC`;
/** Until when: the last day, or the time that isn’t part of it any more. */
export const endWords = (instant: string): string =>
  Date.parse(instant) % DAY_MS === 0
    ? days.format(Date.parse(instant) - 1)
    : `${times.format(Date.parse(instant))} UTC`;

export const isNegative = ({ minor }: ShownMoney): boolean => minor.startsWith('-');
/** The same amount of the other sign. */
export const negated = (money: ShownMoney): ShownMoney => ({ ...money, minor: String(-BigInt(money.minor)) });
