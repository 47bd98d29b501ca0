import { describe, expect, it } from 'vitest';
import { crossingsOf, isNearLimit } from './alerts.ts';

const USUAL = [80, 95, 100];

describe('Alerts of a limit (rules/limits 12)', () => {
  it('tell each threshold once when it is reached', () => {
    expect(crossingsOf(USUAL, 10n, 0, { low: 7n, high: 7n })).toEqual({ fired: 0, told: [] });
    expect(crossingsOf(USUAL, 10n, 0, { low: 7n, high: 8n })).toEqual({ fired: 80, told: [80] });
    expect(crossingsOf(USUAL, 10n, 80, { low: 8n, high: 9n })).toEqual({ fired: 80, told: [] });
    expect(crossingsOf(USUAL, 10n, 80, { low: 9n, high: 10n })).toEqual({ fired: 100, told: [95, 100] });
  });

  it('tell again only after use fell below the threshold by more than five percent of the maximum', () => {
    // 10 of 11 is 90.9 %: not below 90 %.
    expect(crossingsOf([95], 11n, 95, { low: 10n, high: 11n })).toEqual({ fired: 95, told: [] });
    expect(crossingsOf([95], 11n, 95, { low: 9n, high: 9n })).toEqual({ fired: 0, told: [] });
    expect(crossingsOf([95], 11n, 95, { low: 9n, high: 11n })).toEqual({ fired: 95, told: [95] });
  });

  it('tell of a maximum that was lowered past them', () => {
    expect(crossingsOf(USUAL, 8n, 0, { low: 7n, high: 7n })).toEqual({ fired: 80, told: [80] });
    expect(crossingsOf(USUAL, 5n, 80, { low: 7n, high: 7n })).toEqual({ fired: 100, told: [95, 100] });
  });

  it('tell at once of a maximum of nothing', () => {
    expect(crossingsOf([100], 0n, 0, { low: 0n, high: 0n })).toEqual({ fired: 100, told: [100] });
  });
});

describe('An account near its limit', () => {
  it('used 80 percent of its own maximum or more, to the last digit', () => {
    expect(isNearLimit('0.8', '1')).toBe(true);
    expect(isNearLimit('0.799999999', '1')).toBe(false);
    expect(isNearLimit('0', '0')).toBe(true);
  });

  it('has a maximum, and use that may be seen', () => {
    expect(isNearLimit('1000', null)).toBe(false);
    expect(isNearLimit(undefined, '1')).toBe(false);
  });
});
