import { initialsOf } from '@tenantree/widget';
import { lazy } from 'react';
import { Opener } from '../parts/opener.tsx';
import css from './shell.module.css';
import type { UserProps } from './user-choices.tsx';

const load = () => import('./user-choices.tsx');
const UserChoices = lazy(load);

/** The initials of who is signed in, with what concerns only them behind. */
export function UserMenu(props: UserProps) {
  return (
    <Opener className={css.user} opens="menu" load={load} popup={<UserChoices {...props} />}>
      <span aria-hidden="true">{initialsOf(props.name)}</span>
      <span className="hidden">Signed in as {props.name}</span>
    </Opener>
  );
}
