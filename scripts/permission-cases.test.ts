import { expect, it } from 'vitest';
import { permissionCases } from './permission-cases.ts';

it('the cases in docs/rules/permissions.md are those that the rules are tested with (node scripts/permission-cases.ts writes them)', () => {
  const page = permissionCases.read();
  expect(permissionCases.written(page)).toBe(page);
});
