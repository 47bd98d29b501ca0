import { expect, it } from 'vitest';
import { readRules, withCases } from './permission-cases.ts';

it('the cases in docs/rules/permissions.md are those that the rules are tested with (node scripts/permission-cases.ts writes them)', () => {
  const page = readRules();
  expect(withCases(page)).toBe(page);
});
