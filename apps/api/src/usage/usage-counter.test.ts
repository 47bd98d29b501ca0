import type { TreeChange } from '@tenantree/db';
import { type AccountId, type Instant, msOf } from '@tenantree/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createUsageCounter, type SetAside } from './usage-counter.ts';

const SOUND = '018f0000-0000-7000-8000-000000000001' as AccountId;
const FAULTY = '018f0000-0000-7000-8000-000000000002' as AccountId;
const NOW = '2026-11-10T12:00:00.000Z' as Instant;

const tree = (root: AccountId, version: number): TreeChange => ({
  root,
  period: '2026-11-01T00:00:00.000Z' as Instant,
  version,
  changes: [],
  near: [],
  complete: true,
});

/** A database in which usage of two trees waits to be counted. */
function stage() {
  const seen = {
    version: 0,
    counts: 0,
    tidied: 0,
    folded: 0,
    told: [] as number[],
    errors: [] as unknown[],
    aside: [] as SetAside[],
    back: [] as AccountId[],
  };
  const recorded = new Set<AccountId>();
  const elsewhere = new Set<AccountId>();
  let failure: Error | null = null;
  let fault: Error | null = null;
  let countMs = 0;
  const counter = createUsageCounter({
    meters: ['call.seconds'],
    clock: { nowMs: () => msOf(NOW) },
    count: async (root) => {
      seen.counts += 1;
      if (failure) throw failure;
      if (countMs > 0) await new Promise((done) => setTimeout(done, countMs));
      if (elsewhere.has(root)) return 'elsewhere';
      if (fault && root === FAULTY) throw fault;
      return recorded.delete(root) ? tree(root, ++seen.version) : 'nothing';
    },
    waiting: async () => {
      if (failure) throw failure;
      return [...recorded].map((root) => ({ root, since: '2026-11-10T11:59:30.000Z' as Instant }));
    },
    onCounted: ({ version }) => seen.told.push(version),
    fold: async () => void (seen.folded += 1),
    tidy: async () => void (seen.tidied += 1),
    onSetAside: (one) => seen.aside.push(one),
    onTakenBack: (root) => seen.back.push(root),
    onError: (error) => seen.errors.push(error),
  });
  const record = (root = SOUND): void => {
    recorded.add(root);
    counter.wake();
  };
  const fail = (error: Error | null): void => void (failure = error);
  const breakTree = (error: Error | null): void => void (fault = error);
  const takes = (ms: number): void => void (countMs = ms);
  return { seen, recorded, elsewhere, counter, record, fail, breakTree, takes };
}

describe('The usage counter', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('counts at once after a quiet time, and what comes meanwhile one tick later, together', async () => {
    const { seen, recorded, record, counter } = stage();
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
    expect(recorded.size).toBe(0);
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
    const { seen, recorded, counter } = stage();
    await vi.advanceTimersByTimeAsync(100);
    recorded.add(SOUND);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.told).toEqual([1]);
    await counter.close();
  });

  it('goes on after a failure, which it reports', async () => {
    const { seen, recorded, record, counter, fail } = stage();
    await vi.advanceTimersByTimeAsync(100);
    const error = new Error('the connection was cut');
    fail(error);
    record();
    await vi.advanceTimersByTimeAsync(0);
    fail(null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.errors[0]).toBe(error);
    expect(seen).toMatchObject({ told: [1], aside: [] });
    expect(recorded.size).toBe(0);
    await counter.close();
  });

  it('sets a tree aside whose count fails, goes on with the others, and takes it back when it can be counted', async () => {
    const { seen, recorded, record, counter, breakTree } = stage();
    await vi.advanceTimersByTimeAsync(100);
    const error = new Error('numeric field overflow');
    breakTree(error);
    recorded.add(FAULTY);
    record(SOUND);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toMatchObject({ told: [1], aside: [{ root: FAULTY, failures: 1, againInMs: 1_000, error }] });
    expect(await counter.backlog()).toEqual({ lagMs: 30_000, treesSetAside: 1 });
    for (let version = 2; version < 12; version++) {
      record(SOUND);
      await vi.advanceTimersByTimeAsync(60);
      expect(seen.told.at(-1)).toBe(version);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.aside.map(({ againInMs }) => againInMs)).toEqual([1, 2, 4, 8, 16, 32].map((s) => s * 1_000));
    breakTree(null);
    await vi.advanceTimersByTimeAsync(32_000);
    expect(seen.back).toEqual([FAULTY]);
    expect(recorded.size).toBe(0);
    expect(await counter.backlog()).toEqual({ lagMs: 0, treesSetAside: 0 });
    await counter.close();
  });

  it('counts a tree within a second of an outage of the database, however long that was', async () => {
    const { seen, recorded, record, counter, breakTree } = stage();
    await vi.advanceTimersByTimeAsync(100);
    breakTree(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    record(FAULTY);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(seen.errors.length).toBeGreaterThan(500);
    breakTree(null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen).toMatchObject({ told: [1], aside: [] });
    expect(recorded.size).toBe(0);
    await counter.close();
  });

  it('tries a tree that can’t be counted once a minute at last', async () => {
    const { seen, record, counter, breakTree } = stage();
    breakTree(new Error('never'));
    record(FAULTY);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(seen.aside.slice(6).map(({ againInMs }) => againInMs)).toEqual(
      Array.from({ length: seen.aside.length - 6 }, () => 60_000),
    );
    expect(seen.aside.length).toBeGreaterThan(60);
    expect(seen.aside.length).toBeLessThan(70);
    await counter.close();
  });

  it('settles what is recorded without waiting for the tick, once for everybody who asks meanwhile', async () => {
    const { seen, record, counter } = stage();
    record();
    await counter.settle(SOUND);
    expect(seen.told).toEqual([1]);
    const { counts } = seen;
    record();
    await Promise.all([counter.settle(SOUND), counter.settle(SOUND), counter.settle(SOUND)]);
    expect(seen.told).toEqual([1, 2]);
    expect(seen.counts).toBe(counts + 1);
    await counter.close();
  });

  it('counts what is left before it closes, and nothing after', async () => {
    const { seen, recorded, record, counter } = stage();
    record();
    record();
    await counter.close();
    expect(recorded.size).toBe(0);
    const { counts } = seen;
    record();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen.counts).toBe(counts);
  });

  it('leaves a tree to the server that is counting it, and looks again a tick later', async () => {
    const { seen, recorded, elsewhere, record, counter } = stage();
    await vi.advanceTimersByTimeAsync(100);
    elsewhere.add(FAULTY);
    recorded.add(FAULTY);
    record(SOUND);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toMatchObject({ told: [1], aside: [] });
    elsewhere.clear();
    await vi.advanceTimersByTimeAsync(60);
    expect(seen.told).toEqual([1, 2]);
    await counter.close();
  });

  it('counts two trees at one time, and no more', async () => {
    const { seen, recorded, counter, takes } = stage();
    await vi.advanceTimersByTimeAsync(100);
    takes(100);
    const trees = Array.from({ length: 5 }, (_, i) => SOUND.replace(/1$/, String(i + 1)) as AccountId);
    for (const root of trees) recorded.add(root);
    counter.wake();
    const told: number[] = [];
    for (let ms = 0; ms < 300; ms += 100) {
      await vi.advanceTimersByTimeAsync(100);
      told.push(seen.told.length);
    }
    expect(told).toEqual([2, 4, 5]);
    await Promise.all([counter.close(), vi.advanceTimersByTimeAsync(400)]);
  });

  it('settles a tree of which others are being counted, without waiting for those', async () => {
    const { seen, recorded, counter, takes } = stage();
    await vi.advanceTimersByTimeAsync(100);
    takes(100);
    recorded.add(FAULTY);
    counter.wake();
    await vi.advanceTimersByTimeAsync(50);
    takes(0);
    recorded.add(SOUND);
    await counter.settle(SOUND);
    expect(seen.told).toEqual([1]);
    expect([...recorded]).toEqual([FAULTY]);
    await Promise.all([counter.close(), vi.advanceTimersByTimeAsync(400)]);
  });

  it('folds what counts noted for the roll-ups once a second, however often it counts, and what a dead server left', async () => {
    const { seen, record, counter } = stage();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.folded).toBeGreaterThan(8);
    const before = seen.folded;
    for (let i = 0; i < 100; i++) {
      record();
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(seen.folded - before).toBeLessThanOrEqual(7);
    expect(seen.folded - before).toBeGreaterThanOrEqual(5);
    await counter.close();
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
