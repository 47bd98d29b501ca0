import { useQuery } from '@tanstack/react-query';
import type { TransferList } from '@tenantree/contract';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { Button, keepFocus, partsCss } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import css from './subaccounts.module.css';

type Left = TransferList['ended'][number];

/** How an account that is gone left by a billing transfer lately; null: it didn’t, as far as is known, or nobody asks. */
export function useDeparture(acting: string, gone: string | null): Left | null {
  const { data } = useQuery({
    queryKey: ['departures', acting, gone],
    enabled: gone !== null,
    queryFn: () => tenantree.trpc.transfers.list.query({ account: acting }),
  });
  return data?.ended.find(({ account, from }) => account.id === gone && from !== null) ?? null;
}

type Props = {
  readonly acting: string;
  readonly left: Left;
  readonly heading: 'h1' | 'h2';
  readonly onClose: () => void;
};

/** In place of an account that is one of its own by now. */
export function Independent({ acting, left: { id, account, at, from }, heading: Heading, onClose }: Props) {
  const levels = useAccount(acting).data?.levels;
  // What was held of the account is gone.
  useEffect(keepFocus, []);
  return (
    <aside className={css.panel} aria-label="Account">
      <div className={partsCss.state}>
        <Heading>
          <bdi>
            <bdi>{account.name}</bdi> became independent
          </bdi>
        </Heading>
        <p>
          It left by a billing transfer on {texts.numbers.dateTime(at)}. It pays for itself, and is not reached from
          here any more.
        </p>
        {from && levels?.billing !== 'none' && (
          <p>
            <Link href={`/a/${acting}/billing/departures/${from.id}/${id}`}>What left, and what ended</Link>
          </p>
        )}
        <Button onClick={onClose}>Close</Button>
      </div>
    </aside>
  );
}
