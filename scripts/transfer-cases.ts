// Writes the table of cases in docs/rules/transfer.md, which are also what the rules are tested with: node scripts/transfer-cases.ts
import { TRANSFER_BADGES } from '../packages/domain/src/index.ts';
import { TRANSFER_CASES } from '../packages/domain/test/transfer-cases.ts';
import { pageTable } from './page-table.ts';

/** A line for each condition, so that none gets longer than one can read. */
export const transferCases = pageTable({
  page: 'rules/transfer.md',
  what: 'cases',
  from: 'packages/domain/test/transfer-cases.ts',
  script: 'transfer-cases.ts',
  rows: () => [
    ['event', 'stage', 'when', 'outcome'],
    ...TRANSFER_CASES.map(({ row, stage, when, outcome }, n) => [
      TRANSFER_CASES[n - 1]?.row === row ? '' : row,
      TRANSFER_CASES[n - 1]?.row === row && TRANSFER_CASES[n - 1]?.stage === stage ? '' : TRANSFER_BADGES[stage],
      when || '–',
      outcome.replace(/✗ (\w+)/, '✗ `$1`'),
    ]),
  ],
});

if (import.meta.main) transferCases.write();
