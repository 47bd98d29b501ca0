import type { Live } from '@tenantree/client';
import { useSyncExternalStore } from 'react';
import css from './shell.module.css';

const WORDS = { connecting: 'Connecting', live: 'Live', 'catching-up': 'Catching up' } as const;
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

/** Whether the numbers on the page are current. */
export function LiveBadge({ live }: { readonly live: Live }) {
  const { kind, since } = useSyncExternalStore(live.subscribe, live.get);
  const words = kind === 'offline' ? `Offline since ${TIME.format(new Date(since))}` : WORDS[kind];
  return (
    <span className={css.live} data-kind={kind} role="status">
      <i aria-hidden="true" />
      {words}
    </span>
  );
}
