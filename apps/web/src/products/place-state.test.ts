import type { RowId } from '@tenantree/domain';
import { FIRST_PLACE, type ProductPlace } from '@tenantree/widget/products';
import { expect, it } from 'vitest';
import { readPlace, writePlace } from './place-state.ts';

const ID = '01940000-0000-7000-8000-000000000001' as RowId;

it.each<ProductPlace>([
  FIRST_PLACE,
  { kind: 'tool', product: null, part: null, search: 'price & list' },
  { kind: 'agent', product: ID, part: 'prompt', search: '' },
  { kind: 'agent', product: 'new', part: null, search: '' },
])('what is shown comes back from its own address', (place) => {
  const { pathname, search } = new URL(writePlace(place), 'https://app.example');
  expect(readPlace(pathname.slice(1), search)).toEqual(place);
});

it('an address that makes no sense shows as much as does', () => {
  expect(readPlace('agent/nobody/prompt', '?q=a')).toEqual({ kind: 'agent', product: null, part: null, search: 'a' });
  expect(readPlace('%20', '')).toEqual(FIRST_PLACE);
});
