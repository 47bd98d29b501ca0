import type { AccountId, Instant } from '@tenantree/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { beginTreeChange, countTree, readUncountedTrees } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing.ts';
import { count, event, move, NOVEMBER_10, plant, record, ticking } from './tenants.ts';

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase(inject('database'));
});
afterAll(() => test.drop());

describe('Counting usage', () => {
  it('does not wait long for a tree that is being changed, and counts it when that is over', async () => {
    const now = ticking(NOVEMBER_10);
    const [busy, other] = [await plant(test.db, null, 'Busy', now()), await plant(test.db, null, 'Other', now())];
    const done = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const change = test.db.withTenant(busy, async (trx) => {
      await beginTreeChange(trx, busy);
      begun.resolve();
      await done.promise;
    });
    await begun.promise;
    await record(test.db, [event(busy, 'k', '1', now()), event(other, 'k', '2', now())], now());
    const countOne = (root: AccountId) => countTree(test.db, root, { meter: 'call.seconds', now: now(), wait: false });
    const waiting = async () => (await readUncountedTrees(test.db)).map(({ root }) => root);
    const LOCK_NOT_AVAILABLE = '55P03';
    await expect(countOne(busy)).rejects.toMatchObject({ code: LOCK_NOT_AVAILABLE });
    expect((await waiting()).toSorted()).toEqual([busy, other].toSorted());
    expect(await countOne(other)).toMatchObject({ root: other });
    expect(await waiting()).toEqual([busy]);
    done.resolve();
    await change;
    expect(await countOne(busy)).toMatchObject({ root: busy });
    expect(await waiting()).toEqual([]);
    expect(await countOne(busy)).toBe('nothing');
  });

  it('tells where every changed account stands now, or to read again after usage of a place that was left', async () => {
    const now = ticking(NOVEMBER_10);
    const root = await plant(test.db, null, 'Told', now());
    const [left, right] = [await plant(test.db, root, 'left', now()), await plant(test.db, root, 'right', now())];
    const leaf = await plant(test.db, left, 'leaf', now());
    const told = async (key: string, occurredAt: Instant) => {
      await record(test.db, [event(leaf, key, '1', occurredAt)], now());
      const { changes, complete } = (await count(test.db, now())).find((tree) => tree.root === root)!;
      return { complete, changes: changes.map(({ path, own, total }) => [...path, own, total].join(' ')).sort() };
    };
    const before = now();
    expect(await told('in time', before)).toEqual({
      complete: true,
      changes: [`${root} 0 1`, `${root} ${left} 0 1`, `${root} ${left} ${leaf} 1 1`].sort(),
    });
    await move(test.db, root, leaf, right, now());
    expect((await told('late', before)).complete).toBe(false);
    expect(await told('after the move', now())).toEqual({
      complete: true,
      changes: [`${root} 0 3`, `${root} ${right} 0 1`, `${root} ${right} ${leaf} 3 3`].sort(),
    });
  });
});
