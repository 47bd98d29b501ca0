import type { TreeChange } from '@tenantree/db';
import type { AccountId, Instant } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createUsageCounter } from './usage-counter.ts';

const tree = (version: number): TreeChange => ({
  root: '018f0000-0000-7000-8000-000000000001' as AccountId,
  period: '2026-11-01T00:00:00.000Z' as Instant,
  version,
  changes: [],
  complete: true,
});

/** A database in which usage waits to be counted. */
function stage() {
  const seen = { recorded: 0, version: 0, counts: 0, tidied: 0, told: [] as number[], errors: [] as unknown[] };
  let failure: Error | null = null;
  let countMs = 0;
  const counter = createUsageCounter({
    count: async () => {
      seen.counts += 1;
      if (failure) throw failure;
      if (countMs > 0) await new Promise((done) => setTimeout(done, countMs));
      if (seen.recorded === 0) return [];
      seen.recorded = 0;
      return [tree(++seen.version)];
    },
    onCounted: (trees) => seen.told.push(...trees.map(({ version }) => version)),
    tidy: async () => void (seen.tidied += 1),
    onError: (error) => seen.errors.push(error),
  });
  const record = (): void => {
    seen.recorded += 1;
    counter.wake();
  };
  const fail = (error: Error | null): void => void (failure = error);
  const takes = (ms: number): void => void (countMs = ms);
  return { seen, counter, record, fail, takes };
}

describe('The usage counter', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('counts at once after a quiet time, and what comes meanwhile one tick later, together', async () => {
    const { seen, record, counter } = stage();
    await vi.advanceTimersByTimeAsync(500);
    record();
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.told).toEqual([1]);
    for (let i = 0; i < 30; i++) {
      record();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(seen.told).toEqual([1]);
    await vi.advanceTimersByTimeAsync(20);
    expect(seen.told).toEqual([1, 2]);
    expect(seen.recorded).toBe(0);
    await counter.close();
  });

  it('rests after a count that took longer than a tick, for as long as it took beyond it', async () => {
    const { seen, record, counter, takes } = stage();
    await vi.advanceTimersByTimeAsync(100);
    takes(200);
    record();
    await vi.advanceTimersByTimeAsync(200);
    expect(seen.told).toEqual([1]);
    const { counts } = seen;
    record();
    await vi.advanceTimersByTimeAsync(145);
    expect(seen.counts).toBe(counts);
    await vi.advanceTimersByTimeAsync(210);
    expect(seen.told).toEqual([1, 2]);
    await Promise.all([counter.close(), vi.advanceTimersByTimeAsync(400)]);
  });

  it('counts what another server recorded and never counted', async () => {
    const { seen, counter } = stage();
    await vi.advanceTimersByTimeAsync(100);
    seen.recorded = 5;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.told).toEqual([1]);
    await counter.close();
  });

  it('goes on after a failure, which it reports', async () => {
    const { seen, record, counter, fail } = stage();
    await vi.advanceTimersByTimeAsync(100);
    const error = new Error('the connection was cut');
    fail(error);
    record();
    await vi.advanceTimersByTimeAsync(0);
    fail(null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toMatchObject({ errors: [error], told: [1], recorded: 0 });
    await counter.close();
  });

  it('settles what is recorded without waiting for the tick, once for everybody who asks meanwhile', async () => {
    const { seen, record, counter } = stage();
    record();
    await counter.settle();
    expect(seen.told).toEqual([1]);
    const { counts } = seen;
    record();
    await Promise.all([counter.settle(), counter.settle(), counter.settle()]);
    expect(seen.told).toEqual([1, 2]);
    expect(seen.counts).toBe(counts + 1);
    await counter.close();
  });

  it('counts what is left before it closes, and nothing after', async () => {
    const { seen, record, counter } = stage();
    record();
    record();
    await counter.close();
    expect(seen.recorded).toBe(0);
    const { counts } = seen;
    record();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen.counts).toBe(counts);
  });

  it('tidies up now and then, only when it counted something', async () => {
    const { seen, record, counter } = stage();
    await vi.advanceTimersByTimeAsync(200_000);
    expect(seen.tidied).toBe(0);
    for (let i = 0; i < 200; i++) {
      record();
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(seen.tidied).toBe(2);
    await counter.close();
  });
});
