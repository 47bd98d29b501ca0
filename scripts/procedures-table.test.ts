import { expect, it } from 'vitest';
import { proceduresTable } from './procedures-table.ts';

it('the table of procedures in docs/developers.md is what the contract says (node scripts/procedures-table.ts writes it)', () => {
  const page = proceduresTable.read();
  expect(proceduresTable.written(page)).toBe(page);
});
