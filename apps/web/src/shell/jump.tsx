import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { partsCss } from '../parts/parts.tsx';
import { loadAhead } from '../renew.ts';
import { signOut } from '../session/sign-in.ts';
import { HelpIcon, SearchIcon } from './icons.tsx';
import css from './jump.module.css';
import { Keys } from './keys.tsx';
import type { Acts } from './page-acts.ts';
import type { Place } from './places.ts';
import { applyTheme, THEME_LABELS, THEMES } from './theme.ts';
import { useKeys } from './use-keys.ts';
import { readVisits, type Visit } from './visits.ts';

const loadPalette = () => import('./palette.tsx');
const loadSheet = () => import('./shortcut-sheet.tsx');
const Palette = lazy(loadPalette);
const ShortcutSheet = lazy(loadSheet);

/** How long a page is on screen before the palette is loaded, in milliseconds: it then opens at once, also without a server. */
const AHEAD_MS = 2_500;

type Props = {
  readonly account: string;
  readonly user: string;
  readonly own: readonly Visit[];
  readonly places: readonly Place[];
  readonly onAccount: (account: string) => void;
  readonly onChangeAccount: () => void;
  /** Leads back to the own account, from inside another one. */
  readonly back: { readonly name: string; readonly go: () => void } | null;
};

/** Ctrl or ⌘ with K opens the palette wherever one is, unless something else is open. */
function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
      if (key.toLowerCase() !== 'k' || !(ctrlKey || metaKey) || altKey || shiftKey || event.defaultPrevented) return;
      event.preventDefault();
      if (document.querySelector('dialog[open]') === null) open();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [open]);
}

/** Keys that are no letters. */
const NAMED = /^[A-Z][a-zA-Z0-9]+$/;

/** What is searched for: typed into the palette, or while that is awaited. Then it is none of the keys of the page, and Escape gives it up. */
function useTyped(isOpened: boolean, giveUp: () => void): readonly [string, (typed: string) => void] {
  const [typed, setTyped] = useState('');
  useLayoutEffect(() => {
    if (!isOpened) return undefined;
    const press = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, altKey } = event;
      if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]') !== null) return;
      if (key === 'Escape') giveUp();
      else if (key === 'Backspace') setTyped((now) => now.slice(0, -1));
      else if (!NAMED.test(key)) setTyped((now) => now + key);
      else if (key !== 'Enter' && key !== 'Tab') return;
      event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener('keydown', press, true);
    return () => {
      document.removeEventListener('keydown', press, true);
      setTyped('');
    };
  }, [isOpened, giveUp]);
  return [typed, setTyped];
}

/** What can be done and gone to on every page. */
function actsOf(
  places: readonly Place[],
  back: Props['back'],
  lead: {
    readonly go: (path: string) => () => void;
    readonly account: () => void;
    readonly shortcuts: () => void;
  },
): readonly Acts[] {
  return [
    {
      title: 'Pages',
      acts: places.map(({ path, label, keys }) => ({ id: path, name: label, keys, run: lead.go(path) })),
    },
    {
      title: 'Acts',
      acts: [
        ...(back ? [{ id: 'back', name: `Return to ${back.name}`, keys: 'g h', run: back.go }] : []),
        { id: 'account', name: 'Change account', keys: 'g a', run: lead.account },
        { id: 'shortcuts', name: 'Keyboard shortcuts', keys: '?', run: lead.shortcuts },
        ...THEMES.map((theme) => ({
          id: `theme ${theme}`,
          name: `Appearance: ${THEME_LABELS[theme]}`,
          run: () => applyTheme(theme),
        })),
        { id: 'sign-out', name: 'Sign out', run: () => void signOut() },
      ],
    },
  ];
}

/** Search or jump to: the palette and the sheet of shortcuts, their buttons in the top bar, and the keys that work everywhere. */
export function Jump({ account, user, own, places, onAccount, onChangeAccount, back }: Props) {
  const [opened, setOpened] = useState<'palette' | 'sheet' | null>(null);
  const [here, navigate] = useLocation();
  const go = (path: string) => () => navigate(`/a/${account}/${path}`);
  useEffect(() => {
    const timer = setTimeout(() => void loadAhead(loadPalette, loadSheet), AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
  usePaletteKey(useCallback(() => setOpened('palette'), []));
  useKeys({
    '?': () => setOpened('sheet'),
    // On the page of the table it is the table's.
    ...(!here.startsWith(`/a/${account}/subaccounts`) && { '/': () => setOpened('palette') }),
    'g a': onChangeAccount,
    ...(back && { 'g h': back.go }),
    ...Object.fromEntries(places.map(({ keys, path }) => [keys, go(path)])),
  });
  const closePalette = useCallback(() => setOpened((now) => (now === 'palette' ? null : now)), []);
  const [typed, setTyped] = useTyped(opened === 'palette', closePalette);
  const acts = actsOf(places, back, { go, account: onChangeAccount, shortcuts: () => setOpened('sheet') });
  return (
    <>
      <button
        type="button"
        className={css.trigger}
        aria-haspopup="dialog"
        onPointerEnter={() => void loadAhead(loadPalette)}
        onClick={() => setOpened('palette')}
      >
        <SearchIcon />
        <span>Search or jump to …</span>
        <Keys keys="Mod K" />
      </button>
      <button
        type="button"
        className={`button ${partsCss.icon} ${css.help}`}
        aria-haspopup="dialog"
        aria-label="Keyboard shortcuts"
        onClick={() => setOpened('sheet')}
      >
        <HelpIcon />
      </button>
      <Suspense fallback={null}>
        {opened === 'palette' && (
          <Palette
            own={own}
            readRecent={() => readVisits(user)}
            acts={acts}
            onAccount={onAccount}
            typed={typed}
            onTyped={setTyped}
            onClose={closePalette}
          />
        )}
        {opened === 'sheet' && (
          <ShortcutSheet places={places} onClose={() => setOpened((now) => (now === 'sheet' ? null : now))} />
        )}
      </Suspense>
    </>
  );
}
