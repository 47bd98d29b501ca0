import { useState } from 'react';
import { useLocation } from 'wouter';
import { Button, Loaded, when } from '../parts/parts.tsx';
import { EnterIcon } from '../shell/icons.tsx';
import { enterAccount, useAccount } from '../shell/use-account.ts';
import css from './subaccounts.module.css';
import { useLiveMinutes } from './use-live-minutes.ts';

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const STATUS = { active: 'Active', suspended: 'Suspended', closed: 'Closed' } as const;
const KIND = { no_new_work: 'no new work', read_only: 'read-only', full_stop: 'full stop' } as const;

/** One account beside the table: where it stands, how much it has and uses, and the way in. */
export function AccountPanel({ account, onClose }: { readonly account: string; readonly onClose: () => void }) {
  const query = useAccount(account);
  const minutes = useLiveMinutes(account);
  const [, navigate] = useLocation();
  const [copied, setCopied] = useState(false);
  return (
    <aside className={css.panel} aria-label="Account" onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <Loaded query={query}>
        {(row) => (
          <>
            <header className={css.panelHead}>
              <p className={css.path}>
                {row.path.slice(0, -1).map((link) => (
                  <bdi key={link.id}>{link.name} › </bdi>
                ))}
              </p>
              <h2 dir="auto">{row.name}</h2>
              <div className={css.acts}>
                {row.status !== 'closed' && (
                  <Button look="primary" onClick={() => void enterAccount(row.id, navigate)}>
                    <EnterIcon /> Switch to
                  </Button>
                )}
                <Button onClick={onClose}>Close panel</Button>
              </div>
            </header>
            <dl className={css.tiles}>
              <Tile
                label="Minutes this period"
                value={minutes ? NUMBER.format(Number(minutes.total)) : '–'}
                note={minutes ? `${NUMBER.format(Number(minutes.own))} own` : 'not visible to you'}
              />
              <Tile
                label="Subaccounts"
                value={NUMBER.format(row.subaccounts)}
                note={`${row.children} directly below`}
              />
              <Tile label="Members" value={NUMBER.format(row.members.total)} note={`${row.members.own} own`} />
              <Tile label="Agents" value={NUMBER.format(row.agents.total)} note={`${row.agents.own} own`} />
            </dl>
            <dl className={css.facts}>
              <dt>Status</dt>
              <dd>
                {STATUS[row.status]}
                {row.effective.kind &&
                  ` · ${KIND[row.effective.kind]}${row.effective.by && row.effective.by.id !== row.id ? `, because of ${row.effective.by.name}` : ''}`}
              </dd>
              <dt>Billing plan</dt>
              <dd>{row.billingMode === 'parent' ? 'Parent Billing' : 'Direct'}</dd>
              <dt>Protection</dt>
              <dd>{row.protected ? 'Protected from closing' : 'None'}</dd>
              <dt>Level</dt>
              <dd>{row.depth}</dd>
              <dt>Created</dt>
              <dd>{when(row.createdAt)}</dd>
              {row.externalId !== null && (
                <>
                  <dt>External id</dt>
                  <dd className={css.mono}>{row.externalId}</dd>
                </>
              )}
              <dt>Id</dt>
              <dd className={css.mono}>
                <bdi>{row.id}</bdi>{' '}
                <Button
                  look="quiet"
                  onClick={() => void navigator.clipboard.writeText(row.id).then(() => setCopied(true))}
                >
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              </dd>
            </dl>
          </>
        )}
      </Loaded>
    </aside>
  );
}

const Tile = ({ label, value, note }: { readonly label: string; readonly value: string; readonly note: string }) => (
  <div className={css.tile}>
    <dt>{label}</dt>
    <dd>
      <strong>{value}</strong>
      <small>{note}</small>
    </dd>
  </div>
);
