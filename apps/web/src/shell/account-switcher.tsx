import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Input } from 'react-aria-components/Input';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { SearchField } from 'react-aria-components/SearchField';
import { partsCss } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { ChevronIcon } from './icons.tsx';
import css from './shell.module.css';
import { readVisits, type Visit } from './visits.ts';

type Choice = Visit & { readonly note: string };

type Props = {
  readonly current: Visit | null;
  /** The account through which the person reaches the current one: searched below. */
  readonly home: Visit | null;
  readonly user: string;
  readonly onChoose: (account: string) => void;
};

/** Changes the acting account: recent ones first, and any below one's own by name. */
export function AccountSwitcher({ current, home, user, onChoose }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const text = useDeferredValue(typed.trim());
  const found = useQuery({
    queryKey: ['switch', home?.id, text],
    enabled: isOpen && text !== '' && home !== null,
    queryFn: () => tenantree.trpc.accounts.search.query({ account: home?.id ?? '', query: text, limit: 20 }),
    placeholderData: (before) => before,
  });
  const recent: Choice[] = readVisits(user).map((visit) => ({
    ...visit,
    note: visit.id === home?.id ? 'Your account' : 'Recent',
  }));
  const start =
    home && !recent.some(({ id }) => id === home.id) ? [{ ...home, note: 'Your account' }, ...recent] : recent;
  const choices = text === '' ? start : matchesOf(found.data);
  const close = (open: boolean): void => {
    setOpen(open);
    if (!open) setTyped('');
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={close}>
      <AriaButton className={css.switcher ?? ''}>
        <span className={partsCss.hidden}>Acting account</span>
        <bdi>{current?.name ?? '…'}</bdi>
        <ChevronIcon />
      </AriaButton>
      <Popover className={css.popover ?? ''} placement="bottom start">
        <Dialog className={css.dialog ?? ''} aria-label="Change account">
          <Autocomplete inputValue={typed} onInputChange={setTyped}>
            <SearchField aria-label="Search accounts" autoFocus className={css.search ?? ''}>
              <Input placeholder="Search accounts" className={css.searchInput ?? ''} />
            </SearchField>
            <ListBox
              aria-label="Accounts"
              className={css.menu ?? ''}
              items={choices}
              onAction={(key) => {
                close(false);
                onChoose(String(key));
              }}
              renderEmptyState={() => (
                <p className={css.none}>{found.isFetching ? 'Searching…' : 'No account of that name.'}</p>
              )}
            >
              {(choice) => (
                <ListBoxItem id={choice.id} textValue={choice.name} className={css.item ?? ''}>
                  <bdi>{choice.name}</bdi>
                  <small>{choice.note}</small>
                </ListBoxItem>
              )}
            </ListBox>
          </Autocomplete>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

type Found = Awaited<ReturnType<typeof tenantree.trpc.accounts.search.query>>;

/** Matches in the server's order, each with the account above it. */
function matchesOf(found: Found | undefined): Choice[] {
  if (!found) return [];
  const rows = new Map(found.rows.map((row) => [row.id, row]));
  return found.matches.flatMap((id) => {
    const row = rows.get(id);
    const parent = row?.parentId ? rows.get(row.parentId)?.name : undefined;
    return row ? [{ id: row.id, name: row.name, note: parent === undefined ? '' : `in ${parent}` }] : [];
  });
}
