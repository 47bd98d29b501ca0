import type { AccountDetail, MenuItem as Entry } from '@tenantree/widget';
import { useEffect, useState } from 'react';
import { Menu, MenuItem } from 'react-aria-components/Menu';
import { useOpened } from '../parts/opener.tsx';
import { partsCss } from '../parts/parts.tsx';
import { Popup } from '../parts/popup.tsx';
import shellCss from '../shell/shell.module.css';

export type AccountMenuProps = {
  readonly account: AccountDetail;
  readonly entriesOf: (account: AccountDetail) => Promise<readonly Entry[]>;
  readonly onChoose: (id: string) => void;
};

/** What the panel has a button of its own for, or what only makes sense in the table. */
const ELSEWHERE: ReadonlySet<string> = new Set(['open', 'switch', 'openBranch', 'copyId']);

/** What can be done with an account: the same entries as in its row. Who may do nothing is told so. */
export default function AccountEntries({ account, entriesOf, onChoose }: AccountMenuProps) {
  const { close } = useOpened();
  const [entries, setEntries] = useState<readonly Entry[] | null>(null);
  useEffect(() => {
    const load = async (): Promise<void> =>
      setEntries((await entriesOf(account)).filter(({ id }) => !ELSEWHERE.has(id)));
    void load();
  }, [account, entriesOf]);
  return (
    entries && (
      <Popup label={`Actions for ${account.name}`} placement="bottom start">
        <Menu
          className={shellCss.menu ?? ''}
          aria-label={`Actions for ${account.name}`}
          autoFocus="first"
          onAction={(key) => close(() => onChoose(String(key)))}
          renderEmptyState={() => <p className={shellCss.none}>Your role allows no changes here.</p>}
        >
          {entries.map(({ id, label, tone, apart, off }, index) => (
            <MenuItem
              key={id}
              id={id}
              isDisabled={off !== undefined}
              className={`${shellCss.item} ${tone === 'danger' ? partsCss.danger : ''} ${apart && index > 0 ? shellCss.lined : ''}`}
            >
              {label}
              {off !== undefined && <small>{off}</small>}
            </MenuItem>
          ))}
        </Menu>
      </Popup>
    )
  );
}
