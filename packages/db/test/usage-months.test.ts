import { DAY_MS, type Instant, instantOf } from '@tenantree/domain';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { countTree, type EventOutcome, keepMonths, openDatabase, readTotals, recordUsage } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { event, NOVEMBER_10, PERIOD, plant, record, ticking } from './tenants.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

const owner = async (text: string): Promise<pg.QueryResultRow[]> => {
  const client = new pg.Client(test.config);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};
const DECEMBER = Date.UTC(2026, 11, 1);

describe('Keys of usage', () => {
  it('are stored once when several connections record them at once in several months, while the month turns', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Raced', now());
    const outcomes: EventOutcome[] = [];
    const db = openDatabase(test.serving, { connections: 12 });
    for (let round = 0; round < 25; round++) {
      // Clocks of servers differ: for some it is December already.
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        const nowMs = DECEMBER + (((round * 3 + writer * 5) % 11) - 5) * 1_000;
        const at = instantOf(DECEMBER + [-40 * 60_000, -1, 0, 1_000][(round + writer * 3) % 4]!);
        const events = Array.from({ length: 20 }, (_, i) => ({ ...event(root, `${round} ${i}`, '1', at), root }));
        const keysSince = instantOf(nowMs - 35 * DAY_MS);
        const batch = writer % 2 ? events : events.toReversed();
        outcomes.push(...(await recordUsage(db, batch, { meter: 'call.seconds', now: instantOf(nowMs), keysSince })));
      });
      await Promise.all(writers);
    }
    await db.close();
    expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(25 * 20);
    const [stored] = await owner(
      `SELECT count(*)::int AS events, count(DISTINCT key)::int AS keys FROM usage_events WHERE account_id = '${root}'`,
    );
    expect(stored).toEqual({ events: 25 * 20, keys: 25 * 20 });
  });

  it('are told apart in a batch of several months, in its order', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Mixed', now());
    const of = (key: string, at: string) => event(root, key, '1', `2026-${at}T00:00:00.000Z` as Instant);
    expect(
      await record(test.db, [of('a', '11-01'), of('a', '10-31'), of('b', '10-31'), of('b', '10-31')], now()),
    ).toEqual(['accepted', 'conflict', 'accepted', 'duplicate']);
    expect(
      await record(test.db, [of('b', '11-02'), of('a', '10-30'), of('a', '11-01'), of('c', '10-01')], now()),
    ).toEqual(['conflict', 'conflict', 'duplicate', 'accepted']);
  });
});

describe('A month of usage', () => {
  it('is made by whoever records in it first, however many do at once', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Long ago', now());
    const years = Array.from({ length: 12 }, (_, i) => `20${17 + (i % 3)}-0${1 + (i % 4)}-15T00:00:00.000Z` as Instant);
    const outcomes = await Promise.all(years.map((at, i) => record(test.db, [event(root, `k${i}`, '1', at)], now())));
    expect(outcomes.flat()).toEqual(years.map(() => 'accepted'));
    await countTree(test.db, root, { meter: 'call.seconds', now: now(), wait: true });
    const totals = await test.db.withTenant(root, (trx) =>
      readTotals(trx, root, 'call.minutes', '2017-01-01T00:00:00.000Z' as Instant),
    );
    expect(totals.events.total).toBe(1);
  });

  it('that is dropped takes its events and keys along, and nothing else', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Forgotten', now());
    const old = '2015-06-10T00:00:00.000Z' as Instant;
    await record(test.db, [event(root, 'old', '1', old), event(root, 'new', '2', now())], now());
    const months = { now: now(), eventsSince: '2015-07-01T00:00:00.000Z' as Instant };
    const dropped = await Promise.all([keepMonths(test.db, months), keepMonths(test.db, months)]);
    expect(dropped.reduce((all, n) => all + n, 0)).toBe(1);
    // What waits to be counted is counted all the same, and the month may be recorded in again.
    await countTree(test.db, root, { meter: 'call.seconds', now: now(), wait: true });
    expect(await record(test.db, [event(root, 'old', '1', old), event(root, 'new', '2', now())], now())).toEqual([
      'accepted',
      'conflict',
    ]);
    expect(await keepMonths(test.db, { ...months, eventsSince: null })).toBe(0);
  });
});

describe('Two sessions', () => {
  it('count two trees at one time; one tree is left to whoever counts it, or waited for', async () => {
    const now = ticking(NOVEMBER_10);
    const [left, right] = [await plant(test.db, null, 'Left', now()), await plant(test.db, null, 'Right', now())];
    await record(test.db, [event(left, 'k', '1', now()), event(right, 'k', '2', now())], now());
    const options = { meter: 'call.seconds', now: now() } as const;
    const session = new pg.Client(test.config);
    await session.connect();
    await session.query('BEGIN');
    await session.query(`SELECT count_tree('${left}', 'call.seconds', '${now()}', 60, false)`);
    // The other one has counted its tree and is at work still.
    expect(await countTree(test.db, right, { ...options, wait: false })).toMatchObject({ root: right });
    expect(await countTree(test.db, left, { ...options, wait: false })).toBe('elsewhere');
    await record(test.db, [event(left, 'more', '4', now())], now());
    const order: string[] = [];
    const waits = countTree(test.db, left, { ...options, wait: true }).then((counted) => {
      order.push('waited');
      return counted;
    });
    expect(await countTree(test.db, right, { ...options, wait: true })).toBe('nothing');
    order.push('committed');
    await session.query('COMMIT');
    await session.end();
    expect(await waits).toMatchObject({ root: left, changes: [{ account: left, own: '5', total: '5' }] });
    expect(order).toEqual(['committed', 'waited']);
    const totals = await test.db.withTenant(left, (trx) => readTotals(trx, left, 'call.minutes', PERIOD));
    expect(totals).toEqual({ quantity: { own: '5', total: '5' }, events: { own: 2, total: 2 } });
  });
});
