import { useDeferredValue, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Button as AriaButton } from 'react-aria-components/Button';
import { DialogTrigger } from 'react-aria-components/Dialog';
import { Header } from 'react-aria-components/Header';
import { Input } from 'react-aria-components/Input';
import { ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components/ListBox';
import { Popover } from 'react-aria-components/Popover';
import { SearchField } from 'react-aria-components/SearchField';
import { Avatar } from '../parts/avatar.tsx';
import { partsCss } from '../parts/parts.tsx';
import { ChevronIcon, SearchIcon } from './icons.tsx';
import css from './shell.module.css';
import { useChoices } from './use-choices.ts';
import { readVisits, type Visit } from './visits.ts';

type Props = {
  readonly current: Visit | null;
  /** Accounts that the person belongs to. */
  readonly own: readonly Visit[];
  readonly user: string;
  readonly onChoose: (account: string) => void;
};

/** Changes the acting account: own and recent ones first, and any that one reaches by name. */
export function AccountSwitcher({ current, own, user, onChoose }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const text = useDeferredValue(typed.trim());
  const { sections, isSearching } = useChoices({ own, recent: isOpen ? readVisits(user) : [], text });
  const close = (open: boolean): void => {
    setOpen(open);
    if (!open) setTyped('');
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={close}>
      <AriaButton className={css.switcher ?? ''}>
        <span className={partsCss.hidden}>Acting account</span>
        {current && <Avatar key={current.id} {...current} />}
        <bdi>{current?.name ?? '…'}</bdi>
        <ChevronIcon />
      </AriaButton>
      <Popover className={css.popover ?? ''} placement="bottom start" aria-label="Change account">
        <div className={css.dialog}>
          <Autocomplete inputValue={typed} onInputChange={setTyped}>
            <SearchField aria-label="Search accounts" autoFocus className={css.search ?? ''}>
              <SearchIcon />
              <Input placeholder="Search accounts" className={css.searchInput ?? ''} dir="auto" />
            </SearchField>
            <ListBox
              aria-label="Accounts"
              className={css.menu ?? ''}
              onAction={(key) => {
                close(false);
                onChoose(String(key));
              }}
              renderEmptyState={() => (
                <p className={css.none}>
                  {isSearching || text !== typed.trim()
                    ? 'Searching…'
                    : 'No account that you reach has this in its name.'}
                </p>
              )}
            >
              {sections.map(({ title, items }) => (
                <ListBoxSection key={title} id={title}>
                  <Header className={css.sectionTitle ?? ''}>{title}</Header>
                  {items.map((choice) => (
                    <ListBoxItem key={choice.id} id={choice.id} textValue={choice.name} className={css.item ?? ''}>
                      <Avatar id={choice.id} name={choice.name} />
                      <bdi>{choice.name}</bdi>
                      <small>{choice.id === current?.id ? 'You are here' : choice.note}</small>
                    </ListBoxItem>
                  ))}
                </ListBoxSection>
              ))}
            </ListBox>
          </Autocomplete>
        </div>
      </Popover>
    </DialogTrigger>
  );
}
