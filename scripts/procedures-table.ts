// Writes the tables of procedures and of permissions in docs/developers.md: node scripts/procedures-table.ts
import { type Needs, PROCEDURES, type Procedure } from '../packages/contract/src/index.ts';
import { PERMISSIONS, permission } from '../packages/domain/src/index.ts';
import { pageTable } from './page-table.ts';

/** What is asked of the permissions of a kind of product. */
const PRODUCTS = {
  read: 'the kind’s row: read',
  write: 'the kind’s row to write: full',
  delete: 'the kind’s row to write: full, or its right of the role',
};

const PLACES = { account: '', parent: ' in the account above', seller: ' at an account that sends its bill' };

function needed(needs: Needs): string {
  switch (needs.kind) {
    case 'public':
      return 'nothing';
    case 'signed_in':
      return 'a credential';
    case 'account': {
      if (needs.products) return `${PRODUCTS[needs.products]} (\`products.kinds\`)`;
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

/** Every procedure, as the page for developers has it. */
export const proceduresTable = pageTable({
  page: 'developers.md',
  what: 'procedures',
  from: 'packages/contract',
  script: 'procedures-table.ts',
  rows: () => [
    ['procedure', 'kind', 'does', 'needs', 'for', 'refuses, beside what all do'],
    ...[...PROCEDURES].map(rowOf),
  ],
});

/** Every permission, by the key that scopes and caps name it with. */
export const permissionsTable = pageTable({
  page: 'developers.md',
  what: 'permissions',
  from: 'packages/domain/src/permissions/registry.ts',
  script: 'procedures-table.ts',
  rows: () => [
    ['key', 'name', 'levels', 'controlled by'],
    ...PERMISSIONS.map(({ key, label, levels, controller }) => [
      `\`${key}\``,
      label,
      levels.join(', '),
      controller === null ? '' : `\`${controller}\``,
    ]),
  ],
});

if (import.meta.main) {
  proceduresTable.write();
  permissionsTable.write();
}
