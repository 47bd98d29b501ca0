import type { AccountDetail, MenuItem as Entry } from '@tenantree/widget';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { partsCss } from '../parts/parts.tsx';
import { MoreIcon } from '../shell/icons.tsx';
import shellCss from '../shell/shell.module.css';

/** What the panel has a button of its own for, or what only makes sense in the table. */
const ELSEWHERE: ReadonlySet<string> = new Set(['open', 'switch', 'openBranch', 'copyId']);

type Props = {
  readonly account: AccountDetail;
  readonly entriesOf: (account: AccountDetail) => Promise<readonly Entry[]>;
  readonly onChoose: (id: string) => void;
};

/** What can be done with an account: the same entries as in its row. Nothing is shown to who may do nothing. */
export function AccountMenu({ account, entriesOf, onChoose }: Props) {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const load = async (): Promise<void> => setEntries((await entriesOf(account)).filter(({ id }) => !ELSEWHERE.has(id)));
  return (
    <MenuTrigger onOpenChange={(isOpen) => isOpen && void load()}>
      <AriaButton className={`${partsCss.button} ${partsCss.icon}`} aria-label={`Actions for ${account.name}`}>
        <MoreIcon />
      </AriaButton>
      <Popover className={shellCss.popover ?? ''} placement="bottom start">
        <Menu
          className={shellCss.menu ?? ''}
          aria-label={`Actions for ${account.name}`}
          items={entries}
          onAction={(key) => onChoose(String(key))}
          renderEmptyState={() => <p className={shellCss.none}>Your role allows no changes here.</p>}
        >
          {({ id, label, tone, apart }) => (
            <MenuItem
              id={id}
              className={`${shellCss.item} ${tone === 'danger' ? partsCss.danger : ''} ${apart ? shellCss.lined : ''}`}
            >
              {label}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
