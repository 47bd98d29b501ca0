import {
  type AccountId,
  type CountedMeter,
  DAY_MS,
  type Decimal,
  type Instant,
  instantOf,
  msOf,
} from '@tenantree/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { countTree, listChildren, readSeries, readTotals, recordUsage, type TreeChange } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { count, event, move, NOVEMBER_10, PERIOD, plant, record, ticking } from './tenants.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

describe('Maintained totals', () => {
  it('count concurrent, repeated and reordered events of several writers exactly once (I15)', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Busy', now());
    const leaves = await Promise.all(['a', 'b', 'c'].map((name) => plant(test.db, root, name, NOVEMBER_10_INSTANT)));
    const events = Array.from({ length: 400 }, (_, i) =>
      event(leaves[i % 3]!, `key-${i}`, '0.000000001', NOVEMBER_10_INSTANT),
    );
    const batches = Array.from({ length: 12 }, (_, b) => events.filter((_, i) => (i * 7 + b) % 3 !== 0).toReversed());
    const counted: TreeChange[] = [];
    const recorded = await Promise.all(
      batches.map(async (batch) => {
        const outcomes = await record(test.db, batch, now());
        counted.push(...(await count(test.db, now())));
        return outcomes;
      }),
    );
    expect(recorded.flat().filter((outcome) => outcome === 'accepted')).toHaveLength(400);
    const totals = await test.db.withTenant(root, (trx) => readTotals(trx, root, 'call.minutes', PERIOD));
    expect(totals).toEqual({ quantity: { own: '0', total: '0.0000004' }, events: { own: 0, total: 400 } });
    const versions = counted.filter((tree) => tree.root === root).map((tree) => tree.version);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('tell a repeated event from one whose key is taken by other content, also inside one batch', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Keys', now());
    const first = event(root, 'k', '1.5', now());
    const same = { ...first, quantity: '90.00' as Decimal };
    expect(await record(test.db, [first, same, { ...first, quantity: '120' as Decimal }], now())).toEqual([
      'accepted',
      'duplicate',
      'conflict',
    ]);
    expect(await record(test.db, [same, event(root, 'new', '1', now())], now())).toEqual(['duplicate', 'accepted']);
    expect((await test.db.withTenant(root, (trx) => readTotals(trx, root, 'call.minutes', PERIOD))).quantity.own).toBe(
      '2.5',
    );
    const other = await plant(test.db, root, 'other', now());
    const [mine, theirs] = [event(root, 'of both', '1', now()), event(other, 'of both', '1', now())];
    const changed = { ...theirs, quantity: '2' as Decimal };
    expect(await record(test.db, [mine, theirs, changed, theirs, mine], now())).toEqual([
      'accepted',
      'accepted',
      'conflict',
      'duplicate',
      'duplicate',
    ]);
  });

  it('are exact at every moment, for every reader, while usage is recorded and counted (rules/usage 8)', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Exact', now());
    const branch = await plant(test.db, root, 'branch', now());
    const leaf = await plant(test.db, branch, 'leaf', now());
    const counting = new AbortController();
    const counts = (async () => {
      while (!counting.signal.aborted) await count(test.db, now());
    })();
    for (let n = 1; n <= 30; n++) {
      await record(test.db, [event(leaf, `leaf ${n}`, '1', now()), event(branch, `branch ${n}`, '0.5', now())], now());
      const expected = { own: String(n / 2), total: String(n * 1.5) };
      const totals = await test.db.withTenant(branch, (trx) => readTotals(trx, branch, 'call.minutes', PERIOD));
      expect(totals).toEqual({ quantity: expected, events: { own: n, total: 2 * n } });
      const page = await test.db.withTenant(root, (trx) => listChildren(trx, { ...BY_MINUTES, parent: root }));
      expect(page.rows.map((row) => row.minutes)).toEqual([expected]);
    }
    counting.abort();
    await counts;
  });

  it('show nobody what is yet to be counted outside of the acting account', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Above', now());
    const [mine, other] = [await plant(test.db, root, 'mine', now()), await plant(test.db, root, 'other', now())];
    const below = await plant(test.db, mine, 'below', now());
    const foreign = await plant(test.db, null, 'Another tree', now());
    const events = [event(below, 'b', '1', now()), event(other, 'o', '2', now()), event(foreign, 'f', '4', now())];
    await record(test.db, events, now());
    const seen = (acting: AccountId, top: AccountId, from: number, to: number) =>
      test.db.withTenant(acting, async (trx) => {
        const { rows } = await sql<{ totals: Record<string, number[]> | null }>`
          SELECT uncounted_totals('call.seconds', ${PERIOD}::timestamptz, ${top}, ${from}, ${to}) AS totals`.execute(
          trx,
        );
        return Object.fromEntries(
          Object.entries(rows[0]!.totals ?? {}).map(([id, [, total]]) => [id, Number(total) / 60]),
        );
      });
    expect(await seen(mine, mine, 0, 32)).toEqual({ [mine]: 1, [below]: 1 });
    expect(await seen(foreign, foreign, 0, 32)).toEqual({ [foreign]: 4 });
    expect(await seen(root, root, 0, 32)).toEqual({ [root]: 3, [mine]: 1, [below]: 1, [other]: 2 });
    expect(await seen(root, root, 1, 1)).toEqual({ [mine]: 1, [other]: 2 });
    expect(await seen(root, mine, 1, 1)).toEqual({ [below]: 1 });
    expect(await seen(mine, root, 0, 32)).toEqual({});
    expect(await seen(mine, other, 0, 32)).toEqual({});
  });

  it('of a meter that a later release adds are counted like those of the first, which they change nothing of', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Two meters', now());
    const leaf = await plant(test.db, root, 'leaf', now());
    await record(test.db, [event(leaf, 'minutes', '2', now())], now());
    const messages = [{ ...event(leaf, 'messages', '1', now()), root, quantity: '7' as Decimal }];
    const kind = { meter: 'messages' as CountedMeter, now: now(), keysSince: instantOf(NOVEMBER_10 - 35 * DAY_MS) };
    expect(await recordUsage(test.db, messages, kind)).toEqual(['accepted']);
    const counted = await countTree(test.db, root, { meter: kind.meter, now: now(), wait: true });
    // Live viewers are shown minutes.
    expect(counted).toMatchObject({ root, changes: [], complete: true });
    const [minutes] = await count(test.db, now());
    expect(minutes?.changes.map(({ account, total }) => [account, total])).toEqual(
      expect.arrayContaining([
        [root, '2'],
        [leaf, '2'],
      ]),
    );
    expect(minutes?.version).toBe((counted as TreeChange).version + 1);
    const totals = await test.asOwner<{ meter: string; own: string; total: string }>(
      `SELECT meter, trim_scale(own)::text AS own, trim_scale(total)::text AS total FROM usage_totals WHERE account_id = $1 ORDER BY meter`,
      [root],
    );
    expect(totals).toEqual([
      { meter: 'call.seconds', own: '0', total: '120' },
      { meter: 'messages', own: '0', total: '7' },
    ]);
  });

  it('never deadlock between writers and moves of the same tree, and stay with the places of their time', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Moving', now());
    const [left, right] = [await plant(test.db, root, 'left', now()), await plant(test.db, root, 'right', now())];
    const leaf = await plant(test.db, left, 'leaf', now());
    // Some of it ahead of the moves to come.
    const soon = (): Instant => new Date(msOf(now()) + (msOf(now()) % 30)).toISOString() as Instant;
    const moves = (async () => {
      for (let i = 0; i < 10; i++) await move(test.db, root, leaf, i % 2 ? left : right, now());
    })();
    const uses = Array.from({ length: 4 }, async (_, w) => {
      for (let i = 0; i < 20; i++)
        await record(test.db, [event(leaf, `${w}-${i}`, '1', soon()), event(right, `r${w}-${i}`, '1', now())], now());
    });
    const counts = (async () => {
      for (let i = 0; i < 20; i++) await count(test.db, now());
    })();
    await Promise.all([moves, counts, ...uses]);
    const of = async (account: AccountId) =>
      test.db.withTenant(account, (trx) => readTotals(trx, account, 'call.minutes', PERIOD));
    expect((await of(root)).quantity.total).toBe('160');
    const [l, r] = [await of(left), await of(right)];
    expect(Number(l.quantity.total) + Number(r.quantity.total)).toBe(160);
    await count(test.db, now());
    for (const account of [root, left, right, leaf]) {
      const { total } = (await of(account)).quantity;
      const day = {
        account,
        meter: 'call.minutes',
        from: PERIOD,
        to: DECEMBER,
        bucket: 'day',
        timeZone: 'UTC',
      } as const;
      const series = await test.db.withTenant(account, (trx) =>
        readSeries(trx, { ...day, scope: 'total', by: 'none' }),
      );
      expect(series.map(({ quantity }) => quantity)).toEqual(total === '0' ? [] : [total]);
    }
  });
});

const BY_MINUTES = {
  sort: 'minutes',
  direction: 'desc',
  statuses: ['active'],
  after: null,
  limit: 50,
  now: PERIOD,
  visibility: 'with_minutes',
} as const;
const DECEMBER = '2026-12-01T00:00:00.000Z' as Instant;
const NOVEMBER_10_INSTANT = new Date(NOVEMBER_10).toISOString() as Instant;
