import { expect, it } from 'vitest';
import { permissionsTable, proceduresTable } from './procedures-table.ts';

it.each([
  ['procedures', 'the contract', proceduresTable],
  ['permissions', 'the registry', permissionsTable],
])(
  'the table of %s in docs/developers.md is what %s says (node scripts/procedures-table.ts writes it)',
  (_, __, table) => {
    const page = table.read();
    expect(table.written(page)).toBe(page);
  },
);
