import { lazy } from 'react';
import { Avatar } from '../parts/avatar.tsx';
import { Opener } from '../parts/opener.tsx';
import { ChevronIcon } from './icons.tsx';
import css from './shell.module.css';
import { readVisits, type Visit } from './visits.ts';

const load = () => import('./account-choices.tsx');
const AccountChoices = lazy(load);

type Props = {
  readonly current: Visit | null;
  /** Accounts that the person belongs to. */
  readonly own: readonly Visit[];
  readonly user: string;
  readonly onChoose: (account: string) => void;
};

const SWITCHER = 'account-switcher';

/** Opens the choice of another account, as a click on the switcher does. */
export const openSwitcher = (): void => document.getElementById(SWITCHER)?.click();

/** Names the acting account, and changes it. */
export function AccountSwitcher({ user, ...props }: Props) {
  const { current } = props;
  return (
    <Opener
      id={SWITCHER}
      className={css.switcher}
      opens="dialog"
      load={load}
      popup={<AccountChoices label="Change account" readRecent={() => readVisits(user)} {...props} />}
    >
      <span className="hidden">Acting account</span>
      {current && <Avatar key={current.id} {...current} />}
      <bdi>{current?.name ?? '…'}</bdi>
      <ChevronIcon />
    </Opener>
  );
}
