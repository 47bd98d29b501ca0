import { afterEach, describe, expect, it, vi } from 'vitest';
import { applyTheme } from '../src/shell/theme.ts';
import { noteVisit, readVisits } from '../src/shell/visits.ts';
import { noteExpansion, readExpansion } from '../src/subaccounts/expansion.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, k) => String(k));

afterEach(() => localStorage.clear());

describe('what is open in a tree', () => {
  it('is remembered for each person and account, and forgotten when nothing is', () => {
    noteExpansion('olivia', 'north', ['a', 'b']);
    noteExpansion('olivia', 'south', ['c']);
    noteExpansion('vic', 'north', ['d']);
    expect(readExpansion('olivia', 'north')).toEqual(['a', 'b']);
    noteExpansion('olivia', 'north', []);
    expect(readExpansion('olivia', 'north')).toEqual([]);
    expect(readExpansion('olivia', 'south')).toEqual(['c']);
    expect(readExpansion('vic', 'north')).toEqual(['d']);
  });

  it('never takes much room: the first hundred lines of the twenty accounts that were looked at last', () => {
    noteExpansion('olivia', 'many', ids(1_000));
    expect(readExpansion('olivia', 'many')).toEqual(ids(100));
    for (const account of ids(20)) noteExpansion('olivia', account, ['a']);
    expect(readExpansion('olivia', 'many')).toEqual([]);
    expect(readExpansion('olivia', '0')).toEqual(['a']);
  });

  it('is not remembered, and nothing fails, where the device has no room or allows no storage', () => {
    const full = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    noteExpansion('olivia', 'north', ['a']);
    noteVisit('olivia', { id: 'north', name: 'Acme North' });
    applyTheme('system');
    full.mockRestore();
    expect(readExpansion('olivia', 'north')).toEqual([]);
    expect(readVisits('olivia')).toEqual([]);
  });

  it.each(['', 'no JSON', '{}', '[1, ["north"], ["north", "a"]]', '[["north", [1, null]]]'])(
    'is nothing where the storage has %s',
    (text) => {
      localStorage.setItem('tenantree.open.olivia', text);
      expect(readExpansion('olivia', 'north')).toEqual([]);
    },
  );
});
