import { formatAmount } from '@tenantree/domain';

/** An amount as the server tells it: whole minor units, as text. */
export type ShownMoney = { readonly currency: string; readonly exponent: number; readonly minor: string };

/** An amount as people of a language read it: `EUR 12.30` in their way. */
export const moneyWords = ({ currency, exponent, minor }: ShownMoney, locale: string): string =>
  formatAmount({ currency: { code: currency, exponent }, minor: BigInt(minor) }, locale);

const formats = new Map<string, Intl.NumberFormat>();

/** A decimal number, such as a price, with all of its digits. */
export function decimalWords(decimal: string, locale: string): string {
  let format = formats.get(locale);
  if (!format) formats.set(locale, (format = new Intl.NumberFormat(locale, { maximumFractionDigits: 9 })));
  return format.format(decimal as Intl.StringNumericLiteral);
}

/** A quantity from decimal text, with at most three digits after the point: files have all of them. */
export const quantityWords = (decimal: string, locale: string): string =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: 3 }).format(decimal as Intl.StringNumericLiteral);

/** A month such as `2026-11` in words. */
export const monthWords = (key: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${key}-01`));

/** A country by its two letters, as it is called in a language. */
export const countryName = (code: string, locale: string): string =>
  new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
