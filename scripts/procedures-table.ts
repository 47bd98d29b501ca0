// Writes the table of procedures in docs/developers.md from the contract: node scripts/procedures-table.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { type Needs, PROCEDURES, type Procedure } from '../packages/contract/src/index.ts';
import { permission } from '../packages/domain/src/index.ts';

const PAGE = new URL('../docs/developers.md', import.meta.url);
const [BEGIN, END] = [
  '<!-- procedures: made from packages/contract by scripts/procedures-table.ts -->',
  '<!-- end of procedures -->',
];

const PLACES = { account: '', parent: ' in the account above', seller: ' at an account that sends its bill' };

function needed(needs: Needs): string {
  switch (needs.kind) {
    case 'public':
      return 'nothing';
    case 'signed_in':
      return 'a credential';
    case 'account': {
      if (needs.level === 'none') return 'reaching the account';
      const proof = needs.proof ? ', and the password anew' : '';
      const also = needs.also ? ` and ${permission(needs.also).label}: full` : '';
      return `${permission(needs.permission).label}: ${needs.level}${also}${PLACES[needs.at]}${proof}`;
    }
  }
}

function callers(needs: Needs): string {
  if (needs.kind === 'public') return 'anybody';
  const { kinds, screens } = needs.callers;
  const words = {
    person: 'people',
    key: 'keys',
    embed: screens === 'every' ? 'screens' : `screens for ${screens.map((one) => `\`${one}\``).join(', ')}`,
  };
  return kinds.map((kind) => words[kind]).join(', ');
}

const rowOf = ([path, { kind, needs, says, refusals }]: readonly [string, Procedure]): readonly string[] => [
  `\`${path}\``,
  kind,
  says,
  needed(needs),
  callers(needs),
  refusals.map((code) => `\`${code}\``).join(', '),
];

/** The table, as it stands in the page. */
export function proceduresTable(): string {
  const rows = [
    ['procedure', 'kind', 'does', 'needs', 'for', 'refuses, beside what all do'],
    ...[...PROCEDURES].map(rowOf),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

/** A page with the table as it is now. @throws Error when the page has no place for it */
export function withTable(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/developers.md has no place for the table of procedures');
  return `${page.slice(0, from)}${BEGIN}\n\n${proceduresTable()}\n\n${page.slice(to)}`;
}

/** The page for developers, as it is. */
export const readPage = (): string => readFileSync(PAGE, 'utf8');

if (import.meta.main) writeFileSync(PAGE, withTable(readPage()));
