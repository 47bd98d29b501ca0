import { expect, it } from 'vitest';
import { transferCases } from './transfer-cases.ts';

it('the cases in docs/rules/transfer.md are those that the rules are tested with (node scripts/transfer-cases.ts writes them)', () => {
  const page = transferCases.read();
  expect(transferCases.written(page)).toBe(page);
});
