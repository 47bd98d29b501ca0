import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbersOf } from './numbers.ts';

const tenths = fc.bigInt({ min: 0n, max: 10n ** 14n }).map((n) => `${n / 10n}.${n % 10n}`);

describe('minutes', () => {
  it.each(['en', 'de', 'fr', 'es', 'pl', 'it', 'hi', 'ar-EG', 'fa', 'de-CH', 'en-IN'])(
    'are written in %s as Intl writes them',
    (locale) => {
      const { minutes } = numbersOf(locale);
      const intl = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
      const isAsIntl = (decimal: string): boolean => minutes(decimal) === intl.format(decimal as `${number}`);
      fc.assert(fc.property(tenths, isAsIntl), { examples: [['999.9'], ['1234.5'], ['9999.9'], ['10000.0']] });
    },
  );

  it('keep what is below zero and beyond the exact range of binary numbers', () => {
    const { minutes } = numbersOf('en');
    expect(minutes('-3.25')).toBe('-3.3');
    expect(minutes('12345678901234567.8')).toBe('12,345,678,901,234,567.8');
  });

  it('are rounded, not cut, after one digit', () => {
    const { minutes } = numbersOf('en');
    expect(minutes('0.05')).toBe('0.1');
    expect(minutes('999.96')).toBe('1,000.0');
  });
});
