import type { AccountId } from '@tenantree/domain';
import type { AccountDetail, SamSubaccounts } from '@tenantree/widget';
import type { Acts } from '../shell/page-acts.ts';

/**
 * What the palette offers beside the table: what can be done with the table, and with the account that is open, or else with the only
 * one selected.
 */
export async function actsOf(
  list: SamSubaccounts | null,
  shown: AccountDetail | undefined,
  lead: {
    readonly open: (id: AccountId) => void;
    readonly switch: (id: string) => void;
    readonly import: () => void;
  },
): Promise<readonly Acts[]> {
  if (!list) return [];
  const row = shown ?? list.onlySelected;
  const entries = row ? await list.menuOf(row) : [];
  const withRow = entries
    .filter(({ id, off }) => off === undefined && (id !== 'open' || !shown))
    .map(({ id, label, key }) => ({
      id: `row ${id}`,
      name: label,
      ...(key !== undefined && { keys: key }),
      run: () => {
        if (!row) return;
        if (id === 'open') lead.open(row.id);
        else if (id === 'switch') lead.switch(row.id);
        else void list.perform(id, row);
      },
    }));
  const create = { id: 'create', name: 'Create subaccount', keys: 'c', run: () => list.create() };
  const importing = { id: 'import', name: 'Import accounts', run: lead.import };
  const search = { id: 'search', name: 'Search subaccounts', keys: '/', run: () => list.focusSearch() };
  return [
    ...(row ? [{ title: `With ${row.name}`, acts: withRow }] : []),
    { title: 'Subaccounts', acts: list.allowed.has('create') ? [create, importing, search] : [search] },
  ];
}
