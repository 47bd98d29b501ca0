import { useQuery } from '@tanstack/react-query';
import type { AnswerOf, CONTRACT } from '@tenantree/contract';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Table } from '../parts/cards.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';

type Found = AnswerOf<(typeof CONTRACT)['transfers']['list']>;

const OUTCOMES: Readonly<Record<Found['ended'][number]['outcome'], string>> = {
  completed: 'Independent account',
  cancelled: 'Cancelled',
  declined: 'Declined',
  expired: 'Lapsed',
};

/** Billing transfers below an account that pays: those under way, and how those of the last 30 days ended. Nothing where there are none. */
export function Departures({ account }: { readonly account: string }) {
  const { data } = useQuery({
    queryKey: ['transfers', account],
    queryFn: () => tenantree.trpc.transfers.list.query({ account }),
    retry: false,
  });
  if (!data || data.underWay.length + data.ended.length === 0) return null;
  return (
    <Card title="Billing transfers below">
      <Table label="Billing transfers below" columns={['Account', 'State', 'When']}>
        <tbody>
          {data.underWay.map(({ account: { id, name }, expiresAt }) => (
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
          {data.ended.map(({ id, account: { name }, outcome, reason, at, from }) => (
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
    </Card>
  );
}
