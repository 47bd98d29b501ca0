import { magnitudeOf } from '../usage/quantity.ts';
import type { Currency } from './currencies.ts';

/** An amount of money: whole minor units of its currency, never a float. */
export type Money = { readonly currency: Currency; readonly minor: bigint };

/** An amount as decimal text in major units, with all digits of its currency and nothing else: `12.30`, `-0.05`, `90`. */
export function amountText({ currency: { exponent }, minor }: Money): string {
  const digits = magnitudeOf(minor)
    .toString()
    .padStart(exponent + 1, '0');
  const [whole, fraction] = [digits.slice(0, digits.length - exponent), digits.slice(digits.length - exponent)];
  return `${minor < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`;
}

/**
 * An amount as people of a language read it, with as many digits as our table says, whatever `Intl` would show.
 *
 * @param locale BCP 47
 */
export function formatAmount(money: Money, locale: string): string {
  const { code, exponent } = money.currency;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: code,
    minimumFractionDigits: exponent,
    maximumFractionDigits: exponent,
  });
  // read as the exact decimal that it is: a number would lose digits from 2⁵³ on
  return format.format(amountText(money) as Intl.StringNumericLiteral);
}
