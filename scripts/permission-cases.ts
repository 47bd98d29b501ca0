// Writes the table of cases in docs/rules/permissions.md, which are also what the rules are tested with: node scripts/permission-cases.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { permission, ROLE_LABELS } from '../packages/domain/src/index.ts';
import { PERMISSION_CASES, type PermissionCase } from '../packages/domain/test/permission-cases.ts';

const PAGE = new URL('../docs/rules/permissions.md', import.meta.url);
const [BEGIN, END] = [
  '<!-- cases: made from packages/domain/test/permission-cases.ts by scripts/permission-cases.ts -->',
  '<!-- end of cases -->',
];

const levels = (map: Readonly<Record<string, string>>): string =>
  Object.entries(map)
    .map(([key, level]) => `\`${key}\`: ${level}`)
    .join(', ');

const capsOf = ({ caps }: PermissionCase): string =>
  Object.entries(caps)
    .map(([place, map]) => `${place} ${levels(map)}`)
    .join('; ') || '–';

const whoOf = ({ who }: PermissionCase): string =>
  who
    .map(
      ({ role, at, scopes }) =>
        `${scopes ? 'key of ' : ''}${ROLE_LABELS[role]} at ${at}${scopes ? ` (${levels(scopes)})` : ''}`,
    )
    .join(' and ');

const reason = (text: string): string => text.replace(/\S+$/, (key) => `\`${key}\``);

/** The table, as it stands in the page. */
export function casesTable(): string {
  const rows = [
    ['who', 'acting in', 'caps', 'permission', 'level', 'held down by'],
    ...PERMISSION_CASES.map((one) => [
      whoOf(one),
      one.acting,
      capsOf(one),
      permission(one.key).label,
      one.level,
      one.because.map(reason).join(', ') || '–',
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
  if (from < 0 || to < from) throw new Error('docs/rules/permissions.md has no place for the table of cases');
  return `${page.slice(0, from)}${BEGIN}\n\n${casesTable()}\n\n${page.slice(to)}`;
}

if (import.meta.main) writeFileSync(PAGE, withCases(readRules()));
