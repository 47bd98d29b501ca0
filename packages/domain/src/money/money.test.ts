import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencyOf, EUR } from '../../test/billing-terms.ts';
import { amountText, formatAmount } from './amount.ts';
import { CURRENCY_CODES, findCurrency } from './currencies.ts';
import { parseAmount, parsePercent, parsePrice, percentText } from './price.ts';
import { divFloor, divRound, minorOf } from './rounding.ts';
import { split } from './split.ts';

const codeOf = (decision: ReturnType<typeof parsePrice>) =>
  decision.ok ? String(decision.value) : decision.refusal.code;

describe('a currency (rules/money 2)', () => {
  it('has the digits that ISO 4217 gives it, also where Intl shows others', () => {
    const digits = Object.fromEntries(
      ['EUR', 'JPY', 'ISK', 'KWD', 'IQD', 'CLF', 'IDR', 'HUF', 'MGA', 'UGX'].map((code) => [
        code,
        currencyOf(code).exponent,
      ]),
    );
    expect(digits).toEqual({ EUR: 2, JPY: 0, ISK: 0, KWD: 3, IQD: 3, CLF: 4, IDR: 2, HUF: 2, MGA: 2, UGX: 0 });
  });

  it('is one that is in use', () => {
    expect(findCurrency('XCG')?.exponent).toBe(2);
    for (const unknown of ['BGN', 'DEM', 'XAU', 'eur', 'EURO', '', '__proto__'])
      expect(findCurrency(unknown)).toBeNull();
    expect(CURRENCY_CODES.length).toBe(166);
    expect(CURRENCY_CODES.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
  });
});

describe('a price (rules/money 1)', () => {
  it('has at most nine digits after the point, and is never negative', () => {
    expect(codeOf(parsePrice('0.079', 'price'))).toBe('79000000');
    expect(codeOf(parsePrice('0.000000001', 'price'))).toBe('1');
    expect(codeOf(parsePrice('1000000000', 'price'))).toBe('1000000000000000000');
    for (const bad of ['0.0000000001', '-1', '-0', '1e3', 'NaN', '', '1,5', ' 1', '1000000000.1'])
      expect(codeOf(parsePrice(bad, 'price')), bad).toBe('PRICE_INVALID');
  });

  it('is read of an amount in minor units, with no more digits than its currency has', () => {
    expect(codeOf(parseAmount('12.3', EUR, 'amount'))).toBe('1230');
    expect(codeOf(parseAmount('12.30000', EUR, 'amount'))).toBe('1230');
    for (const bad of ['0.001', '-1', '1,5', ''])
      expect(codeOf(parseAmount(bad, EUR, 'amount')), bad).toBe('PRICE_INVALID');
  });

  it('can be a percent with at most four digits, down to all of it', () => {
    expect(codeOf(parsePercent('33.3333', 'percent'))).toBe('333333');
    expect(codeOf(parsePercent('-100', 'percent'))).toBe('-1000000');
    for (const bad of ['33.33333', '-100.0001', '100000.1', 'x'])
      expect(codeOf(parsePercent(bad, 'percent')), bad).toBe('PRICE_INVALID');
  });
});

describe('rounding (rules/money 3)', () => {
  it('goes to the nearest, mirrors below zero, and is one unit off at no time', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (n, d) => {
        const rounded = divRound(n, d);
        expect(divRound(-n, d)).toBe(-rounded);
        const distance = 2n * (rounded * d - n);
        expect(distance >= -d && distance <= d).toBe(true);
        // halves go away from zero
        if (distance === d) expect(n > 0n).toBe(true);
        if (distance === -d) expect(n < 0n).toBe(true);
        const floor = divFloor(n, d);
        expect(floor * d <= n && n < (floor + 1n) * d).toBe(true);
      }),
    );
  });

  it('happens in whole numbers only: no amount is too large', () => {
    expect(minorOf({ atto: 12_345_678_901_234_567_890n * 10n ** 18n, per: 1n }, EUR)).toBe(
      1_234_567_890_123_456_789_000n,
    );
  });
});

describe('a split (rules/money 4)', () => {
  const shares = fc
    .array(fc.bigInt({ min: -1_000_000n, max: 10n ** 24n }), { maxLength: 12 })
    .map((weights) => weights.map((weight, n) => ({ id: String.fromCharCode(97 + n), weight })));
  const anyTotal = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
  const sumOf = (parts: readonly bigint[]) => parts.reduce((sum, part) => sum + part, 0n);

  it('adds up to the total, and its mirror is the split of the mirror', () => {
    fc.assert(
      fc.property(anyTotal, shares, (total, among) => {
        const weight = sumOf(among.map((share) => share.weight));
        const parts = split(total, among);
        expect(sumOf(parts)).toBe(weight === 0n ? 0n : total);
        expect(split(-total, among).map((part) => -part)).toEqual(parts);
      }),
    );
  });

  it('gives nobody a whole unit more or less than their part, and doesn’t depend on the order', () => {
    fc.assert(
      fc.property(anyTotal, shares, (total, among) => {
        const weight = sumOf(among.map((share) => share.weight));
        const parts = split(total, among);
        for (const [n, share] of among.entries()) {
          const off = parts[n]! * weight - total * share.weight;
          if (weight !== 0n) expect(off < 0n ? -off : off).toBeLessThan(weight < 0n ? -weight : weight);
        }
        expect(split(total, among.toReversed()).toReversed()).toEqual(parts);
      }),
    );
  });

  it('settles ties by weight, then by id', () => {
    const of = (...weights: readonly [string, bigint][]) => weights.map(([id, weight]) => ({ id, weight }));
    expect(split(1n, of(['b', 1n], ['a', 1n]))).toEqual([0n, 1n]);
    // rests of 5/8 and 5/8: the larger weight first
    expect(split(5n, of(['a', 1n], ['b', 1n], ['c', 6n]))).toEqual([1n, 0n, 4n]);
    expect(split(3n, of(['a', 1n], ['b', 3n]))).toEqual([1n, 2n]);
    expect(split(2n, of(['a', 1n], ['b', 3n]))).toEqual([0n, 2n]);
    expect(split(7n, [])).toEqual([]);
    expect(split(7n, of(['a', 0n]))).toEqual([0n]);
  });
});

describe('an amount as text', () => {
  const minor = (code: string, amount: bigint) => ({ currency: currencyOf(code), minor: amount });

  it('has all digits of its currency', () => {
    expect(amountText(minor('EUR', 1230n))).toBe('12.30');
    expect(amountText(minor('EUR', -5n))).toBe('-0.05');
    expect(amountText(minor('JPY', 90n))).toBe('90');
    expect(amountText(minor('KWD', 417n))).toBe('0.417');
    expect(amountText(minor('CLF', 0n))).toBe('0.0000');
  });

  it('is shown as people of a language write it, with our digits and every one of them', () => {
    const spaces = (text: string) => text.replace(/\s/g, ' ');
    expect(formatAmount(minor('EUR', -123_456n), 'en')).toBe('-€1,234.56');
    expect(spaces(formatAmount(minor('EUR', 123_456n), 'de'))).toBe('1.234,56 €');
    expect(spaces(formatAmount(minor('IDR', 150n), 'en'))).toBe('IDR 1.50');
    expect(formatAmount(minor('JPY', 90n), 'en')).toBe('¥90');
    expect(formatAmount(minor('USD', 9_007_199_254_740_993_01n), 'en')).toBe('$9,007,199,254,740,993.01');
  });

  it('as a percent has one digit, and no minus before nothing', () => {
    expect(percentText({ part: 16520n, whole: 26000n })).toBe('63.5');
    expect(percentText({ part: -1n, whole: 3n })).toBe('-33.3');
    expect(percentText({ part: -1n, whole: 3000n })).toBe('0.0');
    expect(percentText({ part: 1n, whole: 1n })).toBe('100.0');
  });
});
