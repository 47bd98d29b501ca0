import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLevelMap } from '../../test/arbitraries.ts';
import {
  atLeast,
  boundByControllers,
  highestLevelWithin,
  isAtMost,
  LEVEL_CODES,
  type LevelMap,
  levelIn,
  levelOf,
  lowest,
  packingOf,
  packLevels,
  UNBOUNDED,
  unpackLevels,
} from './levels.ts';
import { type Level, PERMISSIONS, type Permission, permission } from './registry.ts';

describe('levels', () => {
  it('survive packing', () => {
    fc.assert(
      fc.property(anyLevelMap, (map) => {
        expect(unpackLevels(packLevels(map))).toEqual(map);
      }),
    );
  });

  it('stay small non-negative integers', () => {
    expect(UNBOUNDED).toEqual([2 ** 30 - 1, 2 ** 30 - 1]);
  });

  it('have their lower as bitwise AND', () => {
    fc.assert(
      fc.property(anyLevelMap, anyLevelMap, (a, b) => {
        const both = lowest(packLevels(a), packLevels(b));
        for (const { key } of PERMISSIONS) {
          const lower = Math.min(LEVEL_CODES[a[key]], LEVEL_CODES[b[key]]);
          expect(LEVEL_CODES[levelOf(both, key)]).toBe(lower);
          expect(atLeast(both, key, a[key])).toBe(lower >= LEVEL_CODES[a[key]]);
        }
      }),
    );
  });

  it('between two that a row knows fall to the lower', () => {
    expect(highestLevelWithin(permission('billing.usage'), 'read')).toBe('none');
    expect(highestLevelWithin(permission('conversations'), 'full')).toBe('read');
    expect(highestLevelWithin(permission('account'), 'read')).toBe('limited');
    expect(highestLevelWithin(permission('account.settings'), 'limited')).toBe('read');
  });

  it('of controlled rows never exceed their controller: none gives none, read at most read, limited and full as set (I8)', () => {
    fc.assert(
      fc.property(anyLevelMap, (map) => {
        const bounded = unpackLevels(boundByControllers(packLevels(map)));
        for (const row of PERMISSIONS) {
          const over = row.controller === null ? 'full' : map[row.controller];
          const set = map[row.key];
          const expected = over === 'none' ? 'none' : over === 'read' && set === 'full' ? 'read' : set;
          expect(bounded[row.key]).toBe(expected);
        }
      }),
    );
  });

  it('of the other rows stay what they are when rows are added, in the middle, as the 29th or as the 33rd', () => {
    const rows: readonly Permission[] = PERMISSIONS;
    const added = (position: number): Permission => ({
      ...permission('account.settings'),
      position,
      key: `account.added${position}`,
    });
    const positions = [28, 29, 30, 31, 32, 33];
    for (const count of [1, 2, 5, 6]) {
      const news = positions.slice(0, count).map(added);
      const grown = packingOf(rows.toSpliced(18, 0, ...news));
      fc.assert(
        fc.property(anyLevelMap, anyLevelMap, fc.constantFrom<Level>('none', 'read', 'full'), (map, cap, level) => {
          const withNews = (one: LevelMap) => ({ ...one, ...Object.fromEntries(news.map(({ key }) => [key, level])) });
          const [packed, packedCap] = [grown.pack(withNews(map)), grown.pack(withNews(cap))];
          const before = boundByControllers(lowest(packLevels(map), packLevels(cap)));
          const after = grown.bound(lowest(packed, packedCap));
          for (const row of rows) expect(levelIn(after, row)).toBe(levelIn(before, row));
          for (const row of news) {
            expect(levelIn(packed, row)).toBe(level);
            expect(levelIn(lowest(packed, grown.unbounded), row)).toBe(level);
            // What was stored before there was the row says nothing of it.
            expect(levelIn(grown.pack(map), row)).toBe('none');
            const over = map.account === 'none' || cap.account === 'none' ? 'none' : level;
            expect(levelIn(after, row)).toBe(over);
          }
          expect(isAtMost(after, packed)).toBe(true);
        }),
        { numRuns: 30 },
      );
    }
  });
});
