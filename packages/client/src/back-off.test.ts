import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffMs, createPatience, MAX_BACK_OFF_MS } from './back-off.ts';

describe('the back-off', () => {
  it('is never longer than 15 seconds, never negative, and a whole number', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 2_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, chance) => {
          const delay = backOffMs(failures, () => chance);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThan(MAX_BACK_OFF_MS);
        },
      ),
    );
  });

  it('grows its bound with every failure and uses the whole range below it', () => {
    const longest = [0, 1, 2, 4, 6, 7, 8, 9].map((failures) => backOffMs(failures, () => 0.9999));
    expect(longest).toEqual([499, 799, 1_279, 3_276, 8_387, 13_420, 14_998, 14_998]);
    expect(backOffMs(6, () => 0)).toBe(0);
  });

  it('waits no longer once it is woken', async () => {
    const patience = createPatience();
    const waits = Promise.all([patience.wait(3_600_000), patience.wait(3_600_000)]);
    patience.wake();
    await expect(waits).resolves.toEqual([undefined, undefined]);
  });
});
