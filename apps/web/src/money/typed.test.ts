import { describe, expect, it } from 'vitest';
import { readTyped, typedOf } from './typed.ts';

const read = (locale: string, ...texts: readonly string[]) =>
  texts.map((text) => {
    const typed = readTyped(text, locale);
    return typed.ok ? typed.value : typed.message;
  });

describe('A decimal as it is typed', () => {
  it('has the decimal mark of the language, or the other one, wherever it is clear', () => {
    for (const locale of ['en', 'de', 'fr', 'de-CH', 'hi'])
      expect(read(locale, '1,50', '1.50', '0,079', '0.079', ' 12 ', '.5', '1,5000', '-3,25'), locale).toEqual([
        '1.50',
        '1.50',
        '0.079',
        '0.079',
        '12',
        '.5',
        '1.5000',
        '-3.25',
      ]);
  });

  it('has thousands in groups', () => {
    expect(read('en', '1,234,567', '1,234.5', '1 500', '1’500')).toEqual(['1234567', '1234.5', '1500', '1500']);
    expect(read('de', '1.234.567', '1.234,5', '1 500,25')).toEqual(['1234567', '1234.5', '1500.25']);
  });

  it('is refused in words where it could be a thousand times as much', () => {
    expect(read('en', '1,500', '12,345')).toEqual([
      '“1,500” could be 1500 or 1.5: type the one that you mean.',
      '“12,345” could be 12345 or 12.345: type the one that you mean.',
    ]);
    expect(read('de', '1.500', '1.000')).toEqual([
      '“1.500” could be 1500 or 1,5: type the one that you mean.',
      '“1.000” could be 1000 or 1: type the one that you mean.',
    ]);
    // In the mark of the language it is what it says.
    expect(read('de', '1,500')).toEqual(['1.500']);
    expect(read('en', '1.500')).toEqual(['1.500']);
  });

  it('is left as it is where it is none', () => {
    expect(read('en', '1.5.0', 'much', '1,2,3', '', '1.2,3.4')).toEqual(['1.5.0', 'much', '1,2,3', '', '1.2,3.4']);
  });

  it('has the digits of the language', () => {
    expect(read('fa', '۱۲٫۵', '12.5')).toEqual(['12.5', '12.5']);
  });

  it('is read again as what it was', () => {
    for (const locale of ['en', 'de', 'fa', 'fr-CH'])
      for (const decimal of ['1.5', '1.125', '0.079', '1500', '100.001'])
        expect(read(locale, typedOf(decimal, locale)), locale).toEqual([decimal]);
  });
});
