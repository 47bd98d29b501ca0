import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BATCH, replay, type Speed, TICK_MS } from '../replay.ts';

/** A clock that only sleeping moves on, and a server that takes `recordMs` per batch. */
function playing(
  entered: readonly number[],
  speed: Speed,
  { counted = 0, recordMs = 0, stopAfter = Number.POSITIVE_INFINITY } = {},
) {
  let now = 1_000_000;
  const batches: { atMs: number; events: readonly number[] }[] = [];
  const done = replay({
    calls: entered.map((enteredMs) => ({ enteredMs })),
    events: entered.map((_, index) => index),
    counted,
    speed,
    record: async (events) => {
      batches.push({ atMs: now - 1_000_000, events });
      now += recordMs;
    },
    nowMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    stopped: () => batches.length >= stopAfter,
  });
  return { done, batches };
}

const every = (count: number, stepMs: number): number[] => Array.from({ length: count }, (_, index) => index * stepMs);

describe('the replay', () => {
  it('sends a call when its moment has come at the chosen speed, at most a tick late', async () => {
    const entered = every(50, 60_000);
    const { done, batches } = playing(entered, 60);
    expect(await done).toBe(50);
    for (const { atMs, events } of batches) {
      for (const call of events) {
        const dueMs = (entered[call] ?? 0) / 60;
        expect(atMs).toBeGreaterThanOrEqual(dueMs);
        expect(atMs).toBeLessThanOrEqual(dueMs + TICK_MS);
      }
    }
  });

  it('plays the month in five minutes at the default speed', async () => {
    const { done, batches } = playing(every(31 * 24, 3_600_000), 8_928);
    await done;
    expect(batches.at(-1)?.atMs).toBeGreaterThan(299_000);
    expect(batches.at(-1)?.atMs).toBeLessThanOrEqual(300_100);
  });

  it('never waits at full speed', async () => {
    const { done, batches } = playing(every(5_000, 86_400_000), 'max');
    expect(await done).toBe(5_000);
    expect(batches.map(({ atMs, events }) => [atMs, events.length])).toEqual([
      [0, MAX_BATCH],
      [0, MAX_BATCH],
      [0, 1_000],
    ]);
  });

  it('sends what was counted before again at once and plays from there on', async () => {
    const entered = every(3_000, 1_000);
    const { done, batches } = playing(entered, 10, { counted: 2_500 });
    expect(await done).toBe(3_000);
    expect(batches.slice(0, 2).map(({ atMs, events }) => [atMs, events.length])).toEqual([
      [0, MAX_BATCH],
      [0, 500],
    ]);
    expect(batches[2]?.events).toEqual([2_500]);
    expect(batches.at(-1)?.atMs).toBeGreaterThanOrEqual(499 * 100);
  });

  it('catches up in larger batches after the server was away', async () => {
    const { done, batches } = playing(every(1_000, 1_000), 10, { recordMs: 10_000 });
    expect(await done).toBe(1_000);
    expect(batches.length).toBeLessThan(15);
    expect(Math.max(...batches.map(({ events }) => events.length))).toBeGreaterThanOrEqual(100);
  });

  it('stops when asked and says how far it came', async () => {
    const { done, batches } = playing(every(1_000, 1_000), 10, { stopAfter: 3 });
    expect(await done).toBe(batches.flatMap(({ events }) => events).length);
    expect(batches).toHaveLength(3);
  });

  it('sends every call exactly once and in order, whatever the speed, the gaps and the delays', async () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 60 });
    const speeds = fc.oneof(fc.constant<Speed>('max'), fc.double({ min: 1_000, max: 1_000_000, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(
        gaps,
        speeds,
        fc.nat({ max: 70 }),
        fc.nat({ max: 500 }),
        async (steps, speed, counted, recordMs) => {
          let at = 0;
          const entered = steps.map((step) => (at += step));
          const { done, batches } = playing(entered, speed, { counted, recordMs });
          expect(await done).toBe(entered.length);
          expect(batches.flatMap(({ events }) => events)).toEqual(entered.map((_, index) => index));
          expect(batches.every(({ events }) => events.length > 0 && events.length <= MAX_BATCH)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
