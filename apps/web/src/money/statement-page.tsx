import { useInfiniteQuery } from '@tanstack/react-query';
import type { StatementDetails } from '@tenantree/contract';
import { monthWords } from '@tenantree/widget/money';
import { Link } from 'wouter';
import { Button, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { LineTable, Sum } from './line-table.tsx';
import css from './money.module.css';
import { Act, amount, Card, price, quantity } from './parts.tsx';
import { saveStatement } from './rebilling-page.tsx';

const LINES = 200;

/** A frozen statement: what a customer owes the account directly above it for a period. */
export default function StatementPage({
  account,
  statement,
}: {
  readonly account: string;
  readonly statement: string;
}) {
  const query = useInfiniteQuery({
    queryKey: ['statement', account, statement],
    queryFn: ({ pageParam }) =>
      tenantree.trpc.statements.get.query({
        account,
        statement,
        limit: LINES,
        ...(pageParam !== '' && { cursor: pageParam }),
      }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const first = query.data?.pages[0];
  const whose = first?.statement.customer.name ?? 'a customer';
  return (
    <Page
      title={first ? `Statement ${first.statement.number}` : 'Statement'}
      lead={first ? `${monthWords(first.statement.period, texts.locale)}, ${whose} with everything below it.` : ''}
    >
      <p className={css.acts}>
        <Link href={`/a/${account}/rebilling`}>Rebilling</Link>
        <Act does={() => saveStatement(account, statement, 'csv')} working="Writing…">
          Lines as CSV
        </Act>
        <Act does={() => saveStatement(account, statement, 'pdf')} working="Writing…">
          PDF
        </Act>
        <Button onClick={() => window.print()}>Print</Button>
      </p>
      <Loaded query={query}>
        {({ pages }) =>
          first ? (
            <>
              <Parts details={first.details} />
              <Card title="Lines">
                <LineTable lines={pages.flatMap(({ lines }) => lines)}>
                  <Sum label="Total" value={first.statement.total} />
                </LineTable>
              </Card>
              {query.hasNextPage && (
                <Button onClick={() => void query.fetchNextPage()}>
                  {query.isFetchingNextPage ? 'Loading…' : `Show ${LINES} more lines`}
                </Button>
              )}
            </>
          ) : null
        }
      </Loaded>
    </Page>
  );
}

const Parts = ({ details }: { readonly details: StatementDetails }) => (
  <Card title={amount(details.total)} aside={<span className={css.badge}>Frozen</span>}>
    <dl className={`${css.in} ${css.facts}`}>
      {details.parts.map((part) => (
        <Part key={part.from} part={part} />
      ))}
      {details.late.minor !== '0' && (
        <>
          <dt>Late usage</dt>
          <dd>{amount(details.late)}</dd>
        </>
      )}
    </dl>
  </Card>
);

const Part = ({ part: { from, to, book, fee, used } }: { readonly part: StatementDetails['parts'][number] }) => (
  <>
    <dt>
      {texts.numbers.day(from)} – {texts.numbers.day(to)}
    </dt>
    <dd>
      {book && (
        <div>
          <bdi>{book.name}</bdi> v{book.version}
        </div>
      )}
      <div>Fee {amount(fee)}</div>
      {used.map((one) => (
        <div key={one.meter}>
          {one.label}: {quantity(one.quantity)} {one.unit}s, {quantity(one.included)} included, at{' '}
          {one.prices.map(price).join(' / ')}: {amount(one.amount)}
        </div>
      ))}
    </dd>
  </>
);
