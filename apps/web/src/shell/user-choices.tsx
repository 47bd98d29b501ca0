import { useState } from 'react';
import { Header } from 'react-aria-components/Header';
import { Menu, MenuItem, MenuSection } from 'react-aria-components/Menu';
import { useLocation, useSearch } from 'wouter';
import { useOpened } from '../parts/opener.tsx';
import { Popup } from '../parts/popup.tsx';
import { signOut } from '../session/sign-in.ts';
import css from './shell.module.css';
import { applyTheme, readTheme, THEME_LABELS, THEMES } from './theme.ts';

export type UserProps = { readonly name: string; readonly email: string };

/** Who is signed in, how the app looks, what concerns only them, and the way out. */
export default function UserChoices({ name, email }: UserProps) {
  const { close } = useOpened();
  const [path, navigate] = useLocation();
  const search = useSearch();
  const [theme, setTheme] = useState(readTheme);
  const choose = (key: React.Key): void => {
    if (key === 'sign-out') return void signOut();
    if (key === 'you') return navigate(`/you?to=${encodeURIComponent(path + (search && `?${search}`))}`);
    const chosen = THEMES.find((one) => one === key);
    if (!chosen) return;
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <Popup label="Your menu" placement="bottom end">
      <div className={css.who}>
        <strong>{name}</strong>
        <span>{email}</span>
      </div>
      <Menu
        className={css.menu ?? ''}
        onAction={choose}
        onClose={() => close()}
        autoFocus="first"
        aria-label="Your menu"
      >
        <MenuSection selectionMode="single" selectedKeys={[theme]}>
          <Header className={css.sectionTitle ?? ''}>Appearance</Header>
          {THEMES.map((one) => (
            <MenuItem key={one} id={one} className={css.item ?? ''}>
              {THEME_LABELS[one]}
            </MenuItem>
          ))}
        </MenuSection>
        <MenuSection aria-label="You" className={css.apart ?? ''}>
          <MenuItem id="you" className={css.item ?? ''}>
            Your profile
          </MenuItem>
          <MenuItem id="sign-out" className={css.item ?? ''}>
            Sign out
          </MenuItem>
        </MenuSection>
      </Menu>
    </Popup>
  );
}
