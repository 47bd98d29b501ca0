import { useDeferredValue, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Header } from 'react-aria-components/Header';
import { Input } from 'react-aria-components/Input';
import { ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components/ListBox';
import { SearchField } from 'react-aria-components/SearchField';
import { Avatar } from '../parts/avatar.tsx';
import { useOpened } from '../parts/opener.tsx';
import { Popup } from '../parts/popup.tsx';
import { SearchIcon } from './icons.tsx';
import css from './shell.module.css';
import { useChoices } from './use-choices.ts';
import type { Visit } from './visits.ts';

export type ChoicesProps = {
  /** What the choice is for. */
  readonly label: string;
  readonly current: Visit | null;
  /** Accounts below which others are found. */
  readonly own: readonly Visit[];
  /** Accounts entered lately, asked for when the choice opens. */
  readonly readRecent: () => readonly Visit[];
  readonly onChoose: (account: string) => void;
};

const SAID = {
  searching: 'Searching…',
  ready: 'No account that you reach has this in its name.',
  failed: 'The search failed. Change the text to try again.',
} as const;

/** Accounts to choose one: own and recent ones first, and any that one reaches by name. */
export default function AccountChoices({ label, current, own, readRecent, onChoose }: ChoicesProps) {
  const { close } = useOpened();
  const [typed, setTyped] = useState('');
  const [recent] = useState(readRecent);
  const text = useDeferredValue(typed.trim());
  const { sections, state } = useChoices({ own, recent, text });
  return (
    <Popup label={label} placement="bottom start">
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
              close();
              onChoose(String(key));
            }}
            renderEmptyState={() => <p className={css.none}>{SAID[text === typed.trim() ? state : 'searching']}</p>}
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
    </Popup>
  );
}
