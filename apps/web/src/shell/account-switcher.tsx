import { lazy } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { Opener } from '../parts/opener.tsx';
import { partsCss } from '../parts/parts.tsx';
import type { SwitcherProps } from './account-choices.tsx';
import { ChevronIcon } from './icons.tsx';
import css from './shell.module.css';

const load = () => import('./account-choices.tsx');
const AccountChoices = lazy(load);

/** Names the acting account, and changes it. */
export function AccountSwitcher(props: SwitcherProps) {
  const { current } = props;
  return (
    <Opener className={css.switcher} opens="dialog" load={load} popup={<AccountChoices {...props} />}>
      <span className={partsCss.hidden}>Acting account</span>
      {current && <Avatar key={current.id} {...current} />}
      <bdi>{current?.name ?? '…'}</bdi>
      <ChevronIcon />
    </Opener>
  );
}
