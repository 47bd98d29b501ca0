import { texts } from '../texts.ts';

/** What somebody typed as a decimal: as the server reads it, with a point; or why it can’t be told what it is. */
export type Typed = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

/** Where digits are put into groups: blanks of all kinds and apostrophes, which never are decimal marks. */
const GROUP_MARKS = /(?<=\d)[\s’'٬](?=\d{3})/g;

/** A decimal mark as a language has it. */
export const decimalMarkOf = (locale: string): string =>
  new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '.';

/** The digits of a language, from 0 to 9. */
function digitsOf(locale: string): readonly string[] {
  const numbers = new Intl.NumberFormat(locale, { useGrouping: false });
  return Array.from({ length: 10 }, (_, digit) => numbers.format(digit));
}

/** With the digits that everybody reads. */
function inPlainDigits(text: string, locale: string): string {
  const digits = digitsOf(locale);
  return text.replace(/\p{Nd}/gu, (digit) => (digits.includes(digit) ? String(digits.indexOf(digit)) : digit));
}

/**
 * Reads a decimal as people type it: with the decimal mark of their language, or with the other one of point and comma. One that could be a
 * thousand times as much, such as `1,500` where the mark is a point, is refused in words; what is no decimal at all is left to the server.
 *
 * @param text `1,50`, `1.234,5`, `1 500`
 */
export function readTyped(text: string, locale: string = texts.locale): Typed {
  const own = decimalMarkOf(locale);
  const plain = inPlainDigits(text.trim(), locale).replace(GROUP_MARKS, '').replace('٫', ',');
  const marks = plain.match(/[.,]/g) ?? [];
  const [last] = marks.slice(-1);
  if (last === undefined) return { ok: true, value: plain };
  if (marks.length > 1) return { ok: true, value: withoutGroups(plain, last) };
  const [, whole = '', after = ''] = /^(-?[1-9]\d{0,2})[.,](\d{3})$/.exec(plain) ?? [];
  if (whole === '' || last === own || own === '٫') return { ok: true, value: plain.replace(last, '.') };
  const small = [whole, after.replace(/0+$/, '')].filter(Boolean).join(own);
  return {
    ok: false,
    message: `“${text.trim()}” could be ${whole}${after} or ${small}: type the one that you mean.`,
  };
}

/** A decimal in which marks stand more than once, or a group's before the decimal one; what is no such is left as it is. */
function withoutGroups(text: string, last: string): string {
  const [group, decimal] =
    text.indexOf(last) === text.lastIndexOf(last) ? [last === ',' ? '.' : ',', last] : [last, ''];
  const [whole = '', ...rest] = decimal === '' ? [text] : text.split(decimal);
  const [first = '', ...groups] = whole.split(group);
  const isGrouped = /^-?\d{1,3}$/.test(first) && groups.every((one) => /^\d{3}$/.test(one));
  return isGrouped ? [[first, ...groups].join(''), ...rest].join('.') : text;
}

/** A decimal of the server as it stands in a form: with the decimal mark of the language, so that it is read as what it is again. */
export const typedOf = (decimal: string, locale: string = texts.locale): string =>
  decimal.replace('.', decimalMarkOf(locale));
