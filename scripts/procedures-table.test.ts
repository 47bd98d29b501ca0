import { expect, it } from 'vitest';
import { readPage, withTable } from './procedures-table.ts';

it('the table of procedures in docs/developers.md is what the contract says (node scripts/procedures-table.ts writes it)', () => {
  const page = readPage();
  expect(withTable(page)).toBe(page);
});
