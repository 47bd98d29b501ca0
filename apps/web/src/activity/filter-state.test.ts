import { expect, it } from 'vitest';
import { byDay } from './days.ts';
import { type Filter, readFilter, writeFilter } from './filter-state.ts';

const ID = '01940000-0000-7000-8000-000000000001';

it.each<Filter>([
  { scope: 'own', kind: null, by: null, of: null },
  { scope: 'nested', kind: 'members', by: ID, of: ID },
])('what is shown comes back from its own address', (filter) => {
  expect(readFilter(writeFilter(filter))).toEqual(filter);
});

it('an address that makes no sense shows the account’s own log', () => {
  expect(writeFilter(readFilter('?scope=all&kind=toString&by=me&of=1'))).toBe('');
});

it('entries stand under the days of the reader, which are called so while they are near', () => {
  const now = new Date(2026, 10, 28, 9);
  const at = (...time: [number, number, number, number]) => ({ at: new Date(...time).toISOString() });
  const days = byDay([at(2026, 10, 28, 1), at(2026, 10, 28, 0), at(2026, 10, 27, 23), at(2025, 10, 28, 9)], now);
  expect(days.map(({ word, items }) => [word, items.length])).toEqual([
    ['Today', 2],
    ['Yesterday', 1],
    ['', 1],
  ]);
  expect(days[2]?.date).toContain('2025');
});
