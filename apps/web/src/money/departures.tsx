import { useInfiniteQuery } from '@tanstack/react-query';
import type { AnswerOf, CONTRACT } from '@tenantree/contract';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Table } from '../parts/cards.tsx';
import { Button } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';

type Found = AnswerOf<(typeof CONTRACT)['transfers']['list']>;

const OUTCOMES: Readonly<Record<Found['ended'][number]['outcome'], string>> = {
  completed: 'Independent account',
  cancelled: 'Cancelled',
  declined: 'Declined',
  expired: 'Lapsed',
};

/** Billing transfers below an account that pays: those under way, and how the others ended, first of the last 30 days. Nothing where there are none. */
export function Departures({ account }: { readonly account: string }) {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['transfers', account],
    queryFn: ({ pageParam: cursor }) =>
      tenantree.trpc.transfers.list.query({ account, ...(cursor !== null && { cursor }) }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    retry: false,
  });
  const [underWay, ended] = [data?.pages[0]?.underWay ?? [], data?.pages.flatMap((page) => page.ended) ?? []];
  if (!hasNextPage && underWay.length + ended.length === 0) return null;
  return (
    <Card title="Billing transfers below">
      {underWay.length + ended.length > 0 && <Transfers account={account} underWay={underWay} ended={ended} />}
      {hasNextPage && (
        <div className={css.in}>
          <Button onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? 'Loading…' : 'Show earlier transfers'}
          </Button>
        </div>
      )}
    </Card>
  );
}

const Transfers = ({ account, underWay, ended }: Pick<Found, 'underWay' | 'ended'> & { readonly account: string }) => (
  <Table label="Billing transfers below" columns={['Account', 'State', 'When']}>
    <tbody>
      {underWay.map(({ account: { id, name }, expiresAt }) => (
        <tr key={id}>
          <th scope="row">
            <Link href={`/a/${account}/subaccounts/${id}/billing`}>
              <bdi>{name}</bdi>
            </Link>
          </th>
          <td>Billing transfer in progress</td>
          <td>until {texts.numbers.dateTime(expiresAt)}</td>
        </tr>
      ))}
      {ended.map(({ id, account: { name }, outcome, reason, at, from }) => (
        <tr key={id}>
          <th scope="row">
            {from ? (
              <Link href={`/a/${account}/billing/departures/${from.id}/${id}`}>
                <bdi>{name}</bdi>
              </Link>
            ) : (
              <bdi>{name}</bdi>
            )}
          </th>
          <td>
            {OUTCOMES[outcome]}
            {reason !== null && (
              <div className={css.quiet}>
                <bdi>{reason}</bdi>
              </div>
            )}
          </td>
          <td>{texts.numbers.dateTime(at)}</td>
        </tr>
      ))}
    </tbody>
  </Table>
);
