import type { ActivityFilter } from '@tenantree/widget/rooms';
import { expect, it } from 'vitest';
import { accountIn, readFilter, writeFilter } from './filter-state.ts';

const ID = '01940000-0000-7000-8000-000000000001';

it.each<ActivityFilter>([
  { scope: 'own', kind: null, by: null },
  { scope: 'nested', kind: 'members', by: ID },
])('what is shown comes back from its own address', (filter) => {
  expect(readFilter(writeFilter(filter))).toEqual(filter);
});

it('an address that makes no sense shows the account’s own log', () => {
  expect(writeFilter(readFilter('?scope=all&kind=toString&by=me&of=1'))).toBe('');
  expect([accountIn('?of=1'), accountIn(`?of=${ID}`)]).toEqual([null, ID]);
});
