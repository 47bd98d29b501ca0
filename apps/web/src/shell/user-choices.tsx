import { createComponent, type EventName } from '@lit/react';
import { define, type MenuItem } from '@tenantree/widget';
import { SamMenu } from '@tenantree/widget/rooms';
import React, { useEffect, useRef } from 'react';
import { useLocation, useSearch } from 'wouter';
import { useOpened } from '../parts/opener.tsx';
import { signOut } from '../session/sign-in.ts';
import { applyTheme, readTheme, THEME_LABELS, THEMES } from './theme.ts';

define('sam-menu', SamMenu);

const Menu = createComponent({
  react: React,
  tagName: 'sam-menu',
  elementClass: SamMenu,
  events: {
    onChoose: 'sam-choose' as EventName<CustomEvent<{ readonly id: string }>>,
    onClosed: 'sam-closed' as EventName<CustomEvent>,
  },
});

export type UserProps = { readonly name: string; readonly email: string };

const itemsOf = ({ name, email }: UserProps): readonly MenuItem[] => [
  { id: 'you', label: 'Your profile', heading: `${name} · ${email}` },
  ...THEMES.map((theme, k) => ({
    id: theme,
    label: THEME_LABELS[theme],
    choice: 'one' as const,
    checked: theme === readTheme(),
    ...(k === 0 && { apart: true, heading: 'Appearance' }),
  })),
  { id: 'sign-out', label: 'Sign out', apart: true },
];

/** Who is signed in, how the app looks, what concerns only them, and the way out. */
export default function UserChoices(props: UserProps) {
  const { opener, close } = useOpened();
  const menu = useRef<SamMenu>(null);
  const [path, navigate] = useLocation();
  const search = useSearch();
  useEffect(() => {
    if (opener.current) void menu.current?.openAt(opener.current, opener.current);
  }, [opener]);
  const choose = (id: string): void => {
    if (id === 'sign-out') return void signOut();
    if (id === 'you') return navigate(`/you?to=${encodeURIComponent(path + (search && `?${search}`))}`);
    const chosen = THEMES.find((one) => one === id);
    if (!chosen) return;
    applyTheme(chosen);
    menu.current?.close();
  };
  return (
    <Menu
      ref={menu}
      items={itemsOf(props)}
      label="Your menu"
      onChoose={({ detail }) => choose(detail.id)}
      onClosed={() => close()}
    />
  );
}
