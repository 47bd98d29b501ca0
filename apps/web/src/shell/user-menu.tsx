import { initialsOf } from '@tenantree/widget';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { DialogTrigger } from 'react-aria-components/Dialog';
import { Header } from 'react-aria-components/Header';
import { Menu, MenuItem, MenuSection } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { partsCss } from '../parts/parts.tsx';
import { signOut } from '../session/sign-in.ts';
import css from './shell.module.css';
import { applyTheme, readTheme, THEMES, type Theme } from './theme.ts';

const LABELS: Readonly<Record<Theme, string>> = { system: 'Like the system', light: 'Light', dark: 'Dark' };

/** Who is signed in, how the app looks, and the way out. */
export function UserMenu({ name, email }: { readonly name: string; readonly email: string }) {
  const [isOpen, setOpen] = useState(false);
  const [theme, setTheme] = useState(readTheme);
  const choose = (key: React.Key): void => {
    if (key === 'sign-out') return void signOut();
    const chosen = THEMES.find((one) => one === key);
    if (!chosen) return;
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <AriaButton className={css.user ?? ''}>
        <span aria-hidden="true">{initialsOf(name)}</span>
        <span className={partsCss.hidden}>Signed in as {name}</span>
      </AriaButton>
      <Popover className={css.popover ?? ''} placement="bottom end" aria-label="Your menu">
        <div className={css.who}>
          <strong>{name}</strong>
          <span>{email}</span>
        </div>
        <Menu
          className={css.menu ?? ''}
          onAction={choose}
          onClose={() => setOpen(false)}
          autoFocus="first"
          aria-label="Your menu"
        >
          <MenuSection selectionMode="single" selectedKeys={[theme]}>
            <Header className={css.sectionTitle ?? ''}>Appearance</Header>
            {THEMES.map((one) => (
              <MenuItem key={one} id={one} className={css.item ?? ''}>
                {LABELS[one]}
              </MenuItem>
            ))}
          </MenuSection>
          <MenuSection aria-label="Session" className={css.apart ?? ''}>
            <MenuItem id="sign-out" className={css.item ?? ''}>
              Sign out
            </MenuItem>
          </MenuSection>
        </Menu>
      </Popover>
    </DialogTrigger>
  );
}
