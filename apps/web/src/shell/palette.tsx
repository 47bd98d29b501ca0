import { findText } from '@tenantree/domain';
import { useContext, useDeferredValue, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Autocomplete } from 'react-aria-components/Autocomplete';
import { Header } from 'react-aria-components/Header';
import { Input } from 'react-aria-components/Input';
import { ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components/ListBox';
import { SearchField } from 'react-aria-components/SearchField';
import { Avatar } from '../parts/avatar.tsx';
import { SearchIcon } from './icons.tsx';
import jump from './jump.module.css';
import { Keys } from './keys.tsx';
import { type Acts, PageActs } from './page-acts.ts';
import css from './shell.module.css';
import { EVERYWHERE, ON_PAGES } from './shortcuts.ts';
import { useChoices } from './use-choices.ts';
import type { Visit } from './visits.ts';

type Props = {
  /** Accounts that the person belongs to. */
  readonly own: readonly Visit[];
  readonly readRecent: () => readonly Visit[];
  /** What can be done wherever one is. */
  readonly acts: readonly Acts[];
  readonly onAccount: (account: string) => void;
  /** What is searched for, from before the palette was there, too. */
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
  readonly onClose: () => void;
};

/** What the first character narrows the choice to (rules/screens 7). */
const PREFIXES: Readonly<Record<string, 'acts' | 'accounts' | 'shortcuts'>> = {
  '>': 'acts',
  '@': 'accounts',
  '?': 'shortcuts',
};

type Section = ReturnType<typeof useChoices>['sections'][number];

const accountSection = ({ title, items }: Section) => (
  <ListBoxSection key={title} id={title}>
    <Header className={css.sectionTitle ?? ''}>{title}</Header>
    {items.map(({ id, name, note }) => (
      <ListBoxItem key={id} id={id} textValue={name} className={css.item ?? ''}>
        <Avatar id={id} name={name} />
        <bdi>{name}</bdi>
        <small>{note}</small>
      </ListBoxItem>
    ))}
  </ListBoxSection>
);

const actSection = ({ title, acts }: Acts) => (
  <ListBoxSection key={title} id={title}>
    <Header className={css.sectionTitle ?? ''}>{title}</Header>
    {acts.map(({ id, name, keys }) => (
      <ListBoxItem key={id} id={id} textValue={name} className={css.item ?? ''}>
        <bdi>{name}</bdi>
        {keys !== undefined && <Keys keys={keys} />}
      </ListBoxItem>
    ))}
  </ListBoxSection>
);

/** What can be done on the page that one is on. */
function useActsHere(): readonly Acts[] {
  const page = useContext(PageActs);
  const [here, setHere] = useState<readonly Acts[]>([]);
  useEffect(() => {
    let isOpen = true;
    void page.current?.().then((found) => isOpen && setHere(found));
    return () => {
      isOpen = false;
    };
  }, [page]);
  return here;
}

/** Every shortcut, to be found by what it does; it leads to the sheet that has them all. */
const shortcutsIn = (acts: readonly Acts[]): Acts => ({
  title: 'Shortcuts',
  acts: [{ title: '', items: EVERYWHERE }, ...ON_PAGES].flatMap(({ title, items }) =>
    items.map(({ keys, does }) => ({
      id: `keys ${title} ${does}`,
      name: title === '' ? does : `${does} (${title})`,
      keys,
      run: () =>
        acts
          .flatMap((group) => group.acts)
          .find(({ id }) => id === 'shortcuts')
          ?.run(),
    })),
  ),
});

/** Where one types what is searched for. */
const Typed = () => (
  <SearchField aria-label="Search or jump to" autoFocus className={css.search ?? ''}>
    <SearchIcon />
    <Input
      role="combobox"
      aria-expanded="true"
      placeholder="Search or jump to …"
      className={css.searchInput ?? ''}
      dir="auto"
    />
  </SearchField>
);

const Foot = () => (
  <div className={jump.foot}>
    <span>
      <kbd>&gt;</kbd> acts only
    </span>
    <span>
      <kbd>@</kbd> accounts only
    </span>
    <span>
      <kbd>?</kbd> shortcuts
    </span>
  </div>
);

/** Everything one can go to or do, found by its name: accounts, pages, and what can be done here. */
export default function Palette({ own, readRecent, acts, onAccount, typed, onTyped, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [recent] = useState(readRecent);
  const here = useActsHere();
  const only = PREFIXES[typed.charAt(0)] ?? 'everything';
  const query = (only === 'everything' ? typed : typed.slice(1)).trim();
  const text = useDeferredValue(query);
  const searched = only === 'everything' || only === 'accounts' ? text : '';
  const { sections: accounts, state } = useChoices({ own, recent, text: searched });
  // Before the browser takes another key: whoever awaits it keeps keys until it is open.
  useLayoutEffect(() => dialog.current?.showModal(), []);

  const fits = (name: string): boolean => findText(name, query) !== null;
  const offered = only === 'shortcuts' ? [shortcutsIn(acts)] : only === 'accounts' ? [] : [...here, ...acts];
  const groups = offered
    .map(({ title, acts }) => ({ title, acts: acts.filter(({ name }) => fits(name)) }))
    .filter(({ acts }) => acts.length > 0);
  const found = only === 'everything' || only === 'accounts' ? accounts : [];
  // What is here stands still while what is found elsewhere comes.
  const first = query === '' ? found : [];
  const last = query === '' ? [] : found;

  const choose = (key: string): void => {
    const act = groups.flatMap((group) => group.acts).find(({ id }) => id === key);
    // First the focus goes back to where it was.
    dialog.current?.close();
    if (act) act.run();
    else onAccount(key);
  };
  return (
    <dialog
      ref={dialog}
      className={jump.palette}
      aria-label="Search or jump to"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
      onKeyDownCapture={(event) => {
        if (event.key !== 'Escape') return;
        // At once, and not first what was typed: that is of no use any more.
        event.preventDefault();
        event.stopPropagation();
        dialog.current?.close();
      }}
    >
      <Autocomplete inputValue={typed} onInputChange={onTyped}>
        <Typed />
        <ListBox
          aria-label="What was found"
          className={css.menu ?? ''}
          onAction={(key) => choose(String(key))}
          renderEmptyState={() => (
            <p className={css.none}>
              {state === 'searching' || query !== text ? 'Searching…' : 'Nothing here has this in its name.'}
            </p>
          )}
        >
          {first.map(accountSection)}
          {groups.map(actSection)}
          {last.map(accountSection)}
        </ListBox>
      </Autocomplete>
      <Foot />
    </dialog>
  );
}
