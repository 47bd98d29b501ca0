import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyLevelMap } from '../../test/arbitraries.ts';
import {
  atLeast,
  boundByControllers,
  highestLevelWithin,
  LEVEL_CODES,
  levelOf,
  lowest,
  packLevels,
  UNBOUNDED,
  unpackLevels,
} from './levels.ts';
import { PERMISSIONS, permission } from './registry.ts';

describe('levels', () => {
  it('survive packing', () => {
    fc.assert(
      fc.property(anyLevelMap, (map) => {
        expect(unpackLevels(packLevels(map))).toEqual(map);
      }),
    );
  });

  it('stay small non-negative integers', () => {
    const { low, high } = UNBOUNDED;
    expect([low, high]).toEqual([2 ** 28 - 1, 2 ** 28 - 1]);
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
});
