import type { AccountRow } from '@tenantree/domain';
import type { RowChoice } from '../events.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { Texts } from '../strings/texts.ts';
import { type Allowed, sayDeepest } from './features.ts';

/** The entries of a row's menu. */
export function menuFor(
  row: AccountRow,
  level: 'deepest' | 'other',
  allowed: ReadonlySet<Allowed>,
  texts: Texts,
): readonly MenuItem<RowChoice>[] {
  const { say } = texts;
  const live = row.status !== 'closed';
  const groups: readonly (readonly (MenuItem<RowChoice> | false)[])[] = [
    [
      allowed.has('open') && { id: 'open', label: say('open'), key: 'Enter' },
      allowed.has('switch') && live && { id: 'switch', label: say('menuSwitch'), key: 's' },
      row.children > 0 && { id: 'openBranch', label: say('menuExpandBranch') },
      row.children > 0 && { id: 'only', label: say('menuOnly') },
    ],
    [
      allowed.has('create') &&
        live && {
          id: 'create',
          label: say('menuCreateNested'),
          ...(level === 'deepest' && { off: sayDeepest(texts, row) }),
        },
      allowed.has('rename') && live && { id: 'rename', label: say('menuRename'), key: 'F2' },
      allowed.has('move') && live && row.parentId !== null && { id: 'move', label: say('menuMove') },
      allowed.has('open') && row.caps !== null && { id: 'permissions', label: say('columnPermissions') },
      allowed.has('open') &&
        allowed.has('import') &&
        live &&
        row.parentId !== null && { id: 'import', label: say('menuImport') },
      { id: 'copyId', label: say('copyId'), key: 'y' },
    ],
    [
      allowed.has('suspend') && live && row.suspension === null && { id: 'suspend', label: say('bulkSuspend') },
      allowed.has('suspend') &&
        live &&
        row.suspension !== null && {
          id: 'reactivate',
          label: say(row.status === 'suspended' ? 'menuReactivate' : 'menuUnplan'),
        },
      allowed.has('protect') && live && !row.protected && { id: 'protect', label: say('menuProtect') },
      allowed.has('protect') && live && row.protected && { id: 'unprotect', label: say('menuUnprotect') },
      allowed.has('close') && live && { id: 'close', label: say('menuClose'), tone: 'danger' as const },
      allowed.has('close') && !live && { id: 'reopen', label: say('menuReopen') },
    ],
  ];
  return groups
    .map((group) => group.filter((item) => item !== false))
    .filter((group) => group.length > 0)
    .flatMap((group, k) => group.map((item, i) => (k > 0 && i === 0 ? { ...item, apart: true } : item)));
}
