import { useQuery } from '@tanstack/react-query';
import type { ShownStatement } from '@tenantree/contract';
import { monthWords } from '@tenantree/widget/money';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Table, usePages } from '../parts/cards.tsx';
import { Empty, Loaded } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { amount } from './words.ts';

const { statements } = tenantree.trpc;

/** The statements that an account has from the account above it: what it owes that one. */
export function Received({ account }: { readonly account: string }) {
  const { cursor, turner } = usePages();
  const query = useQuery({
    queryKey: ['received', account, cursor ?? ''],
    queryFn: () => statements.received.query({ account, limit: 25, ...(cursor !== undefined && { cursor }) }),
  });
  return (
    <Card title="Statements" aside={<span className={css.quiet}>What you owe the account above.</span>}>
      <Loaded query={query}>
        {({ rows, nextCursor }) => (
          <>
            {rows.length === 0 ? (
              <Empty>
                No statements yet. Where the account above charges for usage, there is one after each month.
              </Empty>
            ) : (
              <Rows account={account} rows={rows} />
            )}
            {turner(nextCursor)}
          </>
        )}
      </Loaded>
    </Card>
  );
}

const Rows = ({ account, rows }: { readonly account: string; readonly rows: readonly ShownStatement[] }) => (
  <Table label="Statements" columns={['Number', 'Period', 'From', 'Frozen', { figure: 'Total' }]}>
    <tbody>
      {rows.map(({ id, number, period, kind, seller, frozenAt, total }) => (
        <tr key={id}>
          <th scope="row" className={css.whole}>
            <Link href={`/a/${account}/billing/statements/${id}`}>{number}</Link>
          </th>
          <td>
            {monthWords(period, texts.locale)} {kind === 'supplement' && <span className={css.quiet}>Late usage</span>}
          </td>
          <td>
            <bdi>{seller?.name ?? 'An account above you'}</bdi>
          </td>
          <td>{texts.numbers.day(frozenAt)}</td>
          <td className={css.number}>{amount(total)}</td>
        </tr>
      ))}
    </tbody>
  </Table>
);
