// Writes the table of cases in docs/rules/permissions.md, which are also what the rules are tested with: node scripts/permission-cases.ts
import { permission, ROLE_LABELS } from '../packages/domain/src/index.ts';
import { PERMISSION_CASES, type PermissionCase } from '../packages/domain/test/permission-cases.ts';
import { pageTable } from './page-table.ts';

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

/** The cases, as the page has them. */
export const permissionCases = pageTable({
  page: 'rules/permissions.md',
  what: 'cases',
  from: 'packages/domain/test/permission-cases.ts',
  script: 'permission-cases.ts',
  rows: () => [
    ['who', 'acting in', 'caps', 'permission', 'level', 'held down by'],
    ...PERMISSION_CASES.map((one) => [
      whoOf(one),
      one.acting,
      capsOf(one),
      permission(one.key).label,
      one.level,
      one.because.map(reason).join(', ') || '–',
    ]),
  ],
});

if (import.meta.main) permissionCases.write();
