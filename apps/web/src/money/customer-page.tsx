import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { refusalOf } from '@tenantree/client';
import type { ShownAssignment, ShownStatement } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { monthWords } from '@tenantree/widget/money';
import { useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Table } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { useRunningPeriod } from '../today.ts';
import { AssignBook } from './assign-book.tsx';
import { LineTable, Sum } from './line-table.tsx';
import { useBooks } from './rebilling-page.tsx';
import { StatementParts } from './statement-parts.tsx';
import { periodOf, TurnPeriod } from './turn-period.tsx';
import { TryBook } from './what-if.tsx';
import { amount, endWords, startWords } from './words.ts';

const { books, statements } = tenantree.trpc;
const LINES = 200;

type Whose = { readonly account: string; readonly customer: string; readonly period: string };

/** A customer in a month: its statement, or what it would be by now, with its lines; other books tried on it; and which it has when. */
export default function CustomerPage({ account, customer }: { readonly account: string; readonly customer: string }) {
  const [path, navigate] = useLocation();
  const running = useRunningPeriod();
  const period = periodOf(useSearch(), running);
  const whose = { account, customer, period };
  const draft = useDraft(whose);
  const frozen = useQuery({
    queryKey: ['frozen', account, customer, period],
    queryFn: () => statements.list.query({ account, customer, period, limit: 25 }),
  });
  const found = draft.data?.pages[0]?.customer;
  const isNobody = frozen.error !== null && refusalOf(frozen.error).code === 'NOT_FOUND';
  const offered = useBooks(account);
  return (
    <Page
      title={found ? (found.name ?? 'An account that is gone') : 'Customer'}
      lead="What it owes you for a month, with everything below it, and which price book it has when."
    >
      <div className={css.acts}>
        <Link href={`/a/${account}/rebilling?period=${period}`}>Rebilling</Link>
        <TurnPeriod
          period={period}
          running={running}
          onTurn={(key) => navigate(`${path}?period=${key}`, { replace: true })}
        />
      </div>
      <Loaded query={frozen} missing="No such customer">
        {({ rows }) => (
          <>
            {rows.length > 0 && <Frozen account={account} rows={rows} />}
            {!rows.some(({ kind }) => kind === 'period') && <Draft draft={draft} period={period} />}
          </>
        )}
      </Loaded>
      {!isNobody && (
        <Loaded query={offered}>
          {({ rows }) => (
            <>
              <TryBook key={period} {...whose} books={rows} />
              <BooksOverTime account={account} customer={{ id: found?.id, name: found?.name ?? null }} books={rows} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

const useDraft = ({ account, customer, period }: Whose) =>
  useInfiniteQuery({
    queryKey: ['draft', account, customer, period],
    queryFn: ({ pageParam }) =>
      statements.draft.query({
        account,
        customer,
        period,
        limit: LINES,
        ...(pageParam !== '' && { cursor: pageParam }),
      }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

/** Statements of the month that are frozen. */
const Frozen = ({ account, rows }: { readonly account: string; readonly rows: readonly ShownStatement[] }) => (
  <Card title="Statement" aside={<span className={css.badge}>Frozen</span>}>
    <ul className={css.bars}>
      {rows.map(({ id, number, kind, total }) => (
        <li key={id}>
          <span>
            <Link href={`/a/${account}/rebilling/statements/${id}`}>{number}</Link>{' '}
            {kind === 'supplement' && <span className={css.quiet}>Late usage</span>}
          </span>
          <span>{amount(total)}</span>
        </li>
      ))}
    </ul>
  </Card>
);

type DraftProps = { readonly draft: ReturnType<typeof useDraft>; readonly period: string };

/** What the statement of a month would be by now. */
const Draft = ({ draft, period }: DraftProps) => (
  <Loaded query={draft}>
    {({ pages }) => {
      const first = pages[0];
      if (!first?.details)
        return (
          <div className="card">
            <Empty>
              {first?.refused ? (
                <span className={css.loss}>{first.refused.message}</span>
              ) : (
                `No price book in ${monthWords(period, texts.locale)}: there is no statement.`
              )}
            </Empty>
          </div>
        );
      return (
        <>
          <StatementParts details={first.details} state="Draft" />
          <Card title="Lines so far">
            <LineTable lines={pages.flatMap(({ lines }) => lines)}>
              <Sum label="Total" value={first.details.total} />
            </LineTable>
          </Card>
          {draft.hasNextPage && (
            <Button onClick={() => void draft.fetchNextPage()}>
              {draft.isFetchingNextPage ? 'Loading…' : `Show ${LINES} more lines`}
            </Button>
          )}
        </>
      );
    }}
  </Loaded>
);

type BooksProps = {
  readonly account: string;
  readonly customer: { readonly id: AccountId | undefined; readonly name: string | null };
  readonly books: Parameters<typeof AssignBook>[0]['books'];
};

/** Which price book a customer had, has and will have. */
function BooksOverTime({ account, customer: { id, name }, books: offered }: BooksProps) {
  const [isChanging, setChanging] = useState(false);
  const query = useQuery({
    queryKey: ['assignments', account, id],
    queryFn: () => books.assignments.query({ account, ...(id && { customer: id }), limit: 200 }),
    enabled: id !== undefined,
  });
  if (id === undefined) return null;
  return (
    <>
      <Card
        title="Price books over time"
        aside={
          <Button aria-expanded={isChanging} onClick={() => setChanging(!isChanging)}>
            Change price book
          </Button>
        }
      >
        <Loaded query={query}>
          {({ rows }) =>
            rows.length === 0 ? <Empty>It never had a price book.</Empty> : <Over account={account} rows={rows} />
          }
        </Loaded>
      </Card>
      {isChanging && (
        <AssignBook
          account={account}
          customers={[{ id, name }]}
          books={offered}
          onDone={() => {
            setChanging(false);
            void queries.invalidateQueries();
          }}
        />
      )}
    </>
  );
}

const WHEN = { past: 'over', running: 'now', coming: 'to come' } as const;

const Over = ({ account, rows }: { readonly account: string; readonly rows: readonly ShownAssignment[] }) => (
  <Table
    label="Price books over time"
    columns={[
      'Price book',
      'First day',
      'Last day',
      <span key="state" className="hidden">
        State
      </span>,
    ]}
  >
    <tbody>
      {rows.map(({ book, from, to, state }) => (
        <tr key={from}>
          <th scope="row">
            <Link href={`/a/${account}/rebilling/books/${book.id}`}>
              <bdi>{book.name}</bdi>
            </Link>{' '}
            <span className={css.quiet}>v{book.version}</span>
          </th>
          <td>{startWords(from)}</td>
          <td>{to === null ? '–' : endWords(to)}</td>
          <td>
            <span className={css.badge}>{WHEN[state]}</span>
          </td>
        </tr>
      ))}
    </tbody>
  </Table>
);
