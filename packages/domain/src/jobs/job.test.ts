import { describe, expect, it } from 'vitest';
import { etaSeconds, outcomeOf, retryInMs, USUAL_RETRY } from './job.ts';

describe('An item of a job that failed', () => {
  it('is tried again after 1, 5, 25 and 125 seconds, and then given up', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => retryInMs(USUAL_RETRY, attempt))).toEqual([
      1_000,
      5_000,
      25_000,
      125_000,
      null,
    ]);
  });
});

describe('A job', () => {
  it('ends by what became of its items', () => {
    const ended = (done: number, skipped: number, failed: number) => outcomeOf({ total: 3, done, skipped, failed });
    expect(ended(2, 1, 0)).toBe('succeeded');
    expect(ended(0, 3, 0)).toBe('succeeded');
    expect(ended(1, 1, 1)).toBe('partly');
    expect(ended(0, 0, 3)).toBe('failed');
    expect(ended(1, 0, 1)).toBe('cancelled');
    expect(ended(0, 0, 0)).toBe('cancelled');
  });

  it('goes on as long as its speed so far says, and says nothing before its first item', () => {
    expect(etaSeconds({ total: 120, done: 60, skipped: 0, failed: 0 }, 30_000)).toBe(30);
    expect(etaSeconds({ total: 3, done: 1, skipped: 1, failed: 0 }, 1_500)).toBe(1);
    expect(etaSeconds({ total: 3, done: 0, skipped: 0, failed: 0 }, 1_500)).toBeNull();
  });
});
