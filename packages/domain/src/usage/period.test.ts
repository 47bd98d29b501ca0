import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../parse-instant.ts';
import { instantOf, msOf } from '../time.ts';
import { forecast } from './forecast.ts';
import { billingPeriodOf, parseBillingPeriod } from './period.ts';

const anyMs = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2999, 11, 31) });

describe('the billing period', () => {
  it('is the calendar month in UTC that contains the instant, its end excluded', () => {
    fc.assert(
      fc.property(anyMs, (ms) => {
        const period = billingPeriodOf(instantOf(ms));
        expect(msOf(period.start)).toBeLessThanOrEqual(ms);
        expect(msOf(period.end)).toBeGreaterThan(ms);
        expect(parseBillingPeriod(period.key)).toEqual(period);
        expect(billingPeriodOf(period.end).start).toBe(period.end);
      }),
    );
  });

  it('is written YYYY-MM', () => {
    expect(parseBillingPeriod('1999-08')).toEqual({
      key: '1999-08',
      start: '1999-08-01T00:00:00.000Z',
      end: '1999-09-01T00:00:00.000Z',
    });
    for (const bad of ['1999-13', '1999-00', '1999-8', '99-08', '1999-08-01', ''])
      expect(parseBillingPeriod(bad)).toBeNull();
  });
});

describe('an instant', () => {
  it('names its zone and a day that exists', () => {
    expect(parseInstant('2024-02-29T23:30:00-02:00')).toBe('2024-03-01T01:30:00.000Z');
    expect(parseInstant('2026-11-23T24:00:00Z')).toBe('2026-11-24T00:00:00.000Z');
    for (const bad of ['2023-02-29T00:00:00Z', '2023-02-29T23:00:00-02:00', '9999-12-31T23:00:00-02:00']) {
      expect(parseInstant(bad)).toBeNull();
    }
    expect(parseInstant('2026-11-23T12:00:00')).toBeNull();
  });

  it('is of the years 1 to 9999 in UTC, which the database knows, too', () => {
    expect(parseInstant('0001-01-01T00:00:00Z')).toBe('0001-01-01T00:00:00.000Z');
    expect(parseInstant('9999-12-31T23:59:59.999Z')).toBe('9999-12-31T23:59:59.999Z');
    for (const bad of ['0000-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '0001-01-01T00:00:00+05:30']) {
      expect(parseInstant(bad)).toBeNull();
    }
  });
});

describe('the forecast', () => {
  const november = parseBillingPeriod('2026-11')!;
  const at = (day: number) => Date.UTC(2026, 10, day);

  it('goes on as on average so far', () => {
    expect(forecast(10n, november, at(11))).toBe(30n);
    expect(forecast(1n, november, at(2))).toBe(30n);
    expect(forecast(-10n, november, at(11))).toBe(-30n);
    expect(forecast(2n, november, at(8))).toBe(9n);
  });

  it('expects of no day more than what was used in the first hours of the period', () => {
    expect(forecast(7n, november, at(1))).toBe(210n);
    expect(forecast(7n, november, at(1) + 5_000)).toBe(210n);
    expect(forecast(7n, november, at(2) - 1)).toBe(210n);
  });

  it('is what was used before the period began and after it ended', () => {
    expect(forecast(7n, november, at(-5))).toBe(7n);
    expect(forecast(7n, november, Date.UTC(2027, 0))).toBe(7n);
  });

  it('is never less than what was used', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 25n }), anyMs, (used, ms) => {
        expect(forecast(used, november, ms)).toBeGreaterThanOrEqual(used);
      }),
    );
  });
});
