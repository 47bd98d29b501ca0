import { lazy } from 'react';
import { Opener } from '../parts/opener.tsx';
import { partsCss } from '../parts/parts.tsx';
import { MoreIcon } from '../shell/icons.tsx';
import type { AccountMenuProps } from './account-entries.tsx';

const load = () => import('./account-entries.tsx');
const AccountEntries = lazy(load);

/** The button behind which everything is that can be done with an account. */
export function AccountMenu(props: AccountMenuProps) {
  return (
    <Opener
      className={`${partsCss.button} ${partsCss.icon}`}
      aria-label={`Actions for ${props.account.name}`}
      opens="menu"
      load={load}
      popup={<AccountEntries {...props} />}
    >
      <MoreIcon />
    </Opener>
  );
}
