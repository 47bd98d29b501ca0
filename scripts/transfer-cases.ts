// Writes the table of cases in docs/rules/transfer.md, which are also what the rules are tested with: node scripts/transfer-cases.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { TRANSFER_BADGES } from '../packages/domain/src/index.ts';
import { TRANSFER_CASES } from '../packages/domain/test/transfer-cases.ts';

const PAGE = new URL('../docs/rules/transfer.md', import.meta.url);
const [BEGIN, END] = [
  '<!-- cases: made from packages/domain/test/transfer-cases.ts by scripts/transfer-cases.ts -->',
  '<!-- end of cases -->',
];

/** The table, as it stands in the page: a line for each condition, so that none gets longer than one can read. */
export function casesTable(): string {
  const rows = [
    ['event', 'stage', 'when', 'outcome'],
    ...TRANSFER_CASES.map(({ row, stage, when, outcome }, n) => [
      TRANSFER_CASES[n - 1]?.row === row ? '' : row,
      TRANSFER_CASES[n - 1]?.row === row && TRANSFER_CASES[n - 1]?.stage === stage ? '' : TRANSFER_BADGES[stage],
      when || '–',
      outcome.replace(/✗ (\w+)/, '✗ `$1`'),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

export const readRules = (): string => readFileSync(PAGE, 'utf8');

/** The page with the table as it should be. */
export function withCases(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/rules/transfer.md has no place for the table of cases');
  return `${page.slice(0, from)}${BEGIN}\n\n${casesTable()}\n\n${page.slice(to)}`;
}

if (import.meta.main) writeFileSync(PAGE, withCases(readRules()));
