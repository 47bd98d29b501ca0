import { SUSPENSION_LABELS } from '@tenantree/domain';
import type { AccountDetail, SamSubaccounts } from '@tenantree/widget';
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useLocation } from 'wouter';
import { Copy } from '../parts/copy.tsx';
import { Button, Loaded, When } from '../parts/parts.tsx';
import { Path } from '../parts/path.tsx';
import { CloseIcon, EnterIcon } from '../shell/icons.tsx';
import { restrictionOf } from '../shell/restriction.ts';
import shellCss from '../shell/shell.module.css';
import { enterAccount, useAccount } from '../shell/use-account.ts';
import { AccountMenu } from './account-menu.tsx';
import { AccountName } from './account-name.tsx';
import css from './subaccounts.module.css';
import { texts } from './texts.ts';
import { useLiveMinutes } from './use-live-minutes.ts';

const STATUS = { active: 'Active', suspended: 'Suspended', closed: 'Closed' } as const;

/** Narrower, the panel takes the place of the table. The style sheet has the same bound. */
const NARROW = window.matchMedia('(max-width: 1279px)');

function watchWidth(changed: () => void): () => void {
  NARROW.addEventListener('change', changed);
  return () => NARROW.removeEventListener('change', changed);
}

type Props = {
  readonly account: string;
  /** The table: what changes an account is done by it, with its dialogs and messages. */
  readonly list: RefObject<SamSubaccounts | null>;
  readonly onClose: () => void;
};

/** One account beside the table: where it stands, how much it has and uses, what can be done with it, and the way in. */
export function AccountPanel({ account, list, onClose }: Props) {
  const query = useAccount(account);
  const minutes = useLiveMinutes(account);
  const [, navigate] = useLocation();
  const [nameState, setNameState] = useState<'shown' | 'editing'>('shown');
  const { numbers } = texts;
  const isAlone = useSyncExternalStore(watchWidth, () => NARROW.matches);
  const id = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const isLoaded = query.data !== undefined;
  useEffect(() => {
    // What opened is where one is now (ux.md 2.2): J and K lead to the next one, Escape back to the row.
    if (isLoaded) heading.current?.focus({ preventScroll: true });
  }, [isLoaded]);
  return (
    <aside className={css.panel} aria-label="Account" onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <div className={css.headTop}>
        <p className={css.path}>
          <Path links={query.data?.path.slice(0, -1) ?? []} />
        </p>
        <Button look="quiet" className={css.close ?? ''} aria-label="Close panel" onClick={onClose}>
          <CloseIcon />
        </Button>
      </div>
      <Loaded query={query}>
        {(row) => (
          <>
            <header className={css.panelHead}>
              <AccountName
                account={row}
                state={nameState}
                level={isAlone ? 'h1' : 'h2'}
                heading={heading}
                onRename={async (name) => (await list.current?.renameAccount(row, name))?.message ?? null}
                onEnd={() => setNameState('shown')}
              />
              {restrictionOf(row) !== '' && <p className={shellCss.status}>{restrictionOf(row)}</p>}
              <div className={css.acts}>
                {row.status !== 'closed' && (
                  <Button look="primary" onClick={() => enterAccount(row.id, navigate)}>
                    <EnterIcon /> Switch to
                  </Button>
                )}
                <AccountMenu
                  account={row}
                  entriesOf={async (one) => (await list.current?.menuOf(one)) ?? []}
                  onChoose={(id) => (id === 'rename' ? setNameState('editing') : void list.current?.perform(id, row))}
                />
              </div>
            </header>
            <dl className={css.tiles}>
              <Tile
                label="Minutes this period"
                value={minutes ? numbers.minutes(minutes.total) : '–'}
                note={minutes ? `${numbers.minutes(minutes.own)} own` : 'not visible to you'}
              />
              <Tile
                label="Subaccounts"
                value={numbers.whole(row.subaccounts)}
                note={`${numbers.whole(row.children)} directly below`}
              />
              <Tile
                label="Members"
                value={numbers.whole(row.members.total)}
                note={`${numbers.whole(row.members.own)} own`}
              />
              <Tile
                label="Agents"
                value={numbers.whole(row.agents.total)}
                note={`${numbers.whole(row.agents.own)} own`}
              />
            </dl>
            <dl className={css.facts}>
              <dt>Status</dt>
              <dd>{statusOf(row)}</dd>
              {row.suspension && row.status !== 'closed' && <Suspended suspension={row.suspension} />}
              <dt>Billing plan</dt>
              <dd>
                {row.billingMode === 'parent' ? 'Parent Billing' : 'Direct'}
                {row.billingMode === 'parent' && row.payer !== null && (
                  <>
                    , paid by <bdi>{row.payer.name}</bdi>
                  </>
                )}
              </dd>
              <dt>Protection</dt>
              <dd>{row.protected ? 'Protected from closing' : 'None'}</dd>
              <dt>Level</dt>
              <dd>{row.depth === 0 ? 'Main account' : (row.depth ?? 'Below accounts that you don’t reach')}</dd>
              <dt>Created</dt>
              <dd>
                <When instant={row.createdAt} />
              </dd>
              {row.externalId !== null && (
                <>
                  <dt>External id</dt>
                  <dd className={css.mono}>{row.externalId}</dd>
                </>
              )}
              <dt>Id</dt>
              <dd className={css.id}>
                <bdi ref={id} className={css.mono}>
                  {row.id}
                </bdi>
                <Copy of={id} what="id" look="quiet" className={css.copy ?? ''} />
              </dd>
            </dl>
          </>
        )}
      </Loaded>
    </aside>
  );
}

/** What an account is now, or is about to be. */
function statusOf(row: AccountDetail): string {
  const planned = row.status === 'active' ? row.suspension?.from : null;
  const words = restrictionOf(row) || STATUS[row.status];
  return planned ? `${words}, suspends ${texts.numbers.dateTime(planned)}` : words;
}

type Suspension = NonNullable<AccountDetail['suspension']>;

/** The own suspension of an account, running or planned: what it means, from when until when, and why. */
const Suspended = ({ suspension: { kind, from, until, reason } }: { readonly suspension: Suspension }) => (
  <>
    <dt>Suspension</dt>
    <dd>
      {SUSPENSION_LABELS[kind]}
      {from !== null && (
        <>
          {' from '}
          <When instant={from} />
        </>
      )}
      {until === null ? (
        ' until reactivated'
      ) : (
        <>
          {' until '}
          <When instant={until} />
        </>
      )}
    </dd>
    {reason !== null && (
      <>
        <dt>Reason</dt>
        <dd dir="auto">{reason}</dd>
      </>
    )}
  </>
);

const Tile = ({ label, value, note }: { readonly label: string; readonly value: string; readonly note: string }) => (
  <div className={css.tile}>
    <dt>{label}</dt>
    <dd>
      <strong>{value}</strong>
      <small>{note}</small>
    </dd>
  </div>
);
