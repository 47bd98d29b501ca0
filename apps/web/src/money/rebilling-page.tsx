import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Margins, ShownBook } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card, Table, Tile } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { untilTurn, useRunningPeriod } from '../today.ts';
import { AssignBook } from './assign-book.tsx';
import { saveJob } from './save-job.ts';
import { type FeePart, saveMargins } from './save-margins.ts';
import { periodOf, TurnPeriod } from './turn-period.tsx';
import { amount, amountOr, isNegative, price, quantity, quantityOf } from './words.ts';

const { books, margins, statements } = tenantree.trpc;

type Row = Margins['rows'][number];

/** So many customers are shown at first, and with each more. */
const CUSTOMERS = 100;

/** All price books of an account. */
export const useBooks = (account: string) =>
  useQuery({
    queryKey: ['books', account],
    queryFn: async () => {
      const rows: ShownBook[] = [];
      for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
        const page: { readonly rows: readonly ShownBook[]; readonly nextCursor: string | null } =
          await books.list.query({ account, limit: 100, ...(cursor !== null && { cursor }) });
        rows.push(...page.rows);
        cursor = page.nextCursor;
      }
      return { rows };
    },
  });

const useMargins = (account: string, period: string, fee: FeePart) =>
  useInfiniteQuery({
    queryKey: ['customers', account, period, fee],
    queryFn: ({ pageParam }) =>
      margins.get.query({ account, period, fee, limit: CUSTOMERS, ...(pageParam !== '' && { cursor: pageParam }) }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => untilTurn(runningUntil(state.data?.pages[0]?.period)),
  });

/** When a period that runs ends. */
const runningUntil = (period: Margins['period'] | undefined): string | null =>
  period?.state === 'running' ? period.end : null;

/** Whose part an address says that the seller’s own fee is. */
const feePartIn = (search: string): FeePart =>
  new URLSearchParams(search).get('fee') === 'byQuantity' ? 'byQuantity' : 'nobodys';

/** What each direct subaccount costs, brings and leaves, the price books behind it, and who has which. What is asked stands in the address. */
export default function RebillingPage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const running = useRunningPeriod();
  const search = useSearch();
  const period = periodOf(search, running);
  const fee = feePartIn(search);
  const acting = useAccount(account).data;
  const go = (key: string, part: FeePart): void =>
    navigate(`${path}?period=${key}${part === 'nobodys' ? '' : `&fee=${part}`}`, { replace: true });
  const query = useMargins(account, period, fee);
  const shown = query.data?.pages[0];
  const rows = (query.data?.pages ?? []).flatMap((page) => page.rows);
  const offered = useBooks(account).data;
  const [chosen, setChosen] = useState<ReadonlySet<AccountId>>(new Set());
  return (
    <Page
      title="Rebilling"
      lead={`What each direct subaccount, with everything below it, costs ${acting?.name ?? 'this account'}, brings and leaves. You collect it yourself.`}
    >
      <div className={css.acts}>
        <TurnPeriod period={period} running={running} onTurn={(key) => go(key, fee)} />
        {shown && <span className={css.badge}>{STATES[shown.period.state]}</span>}
        <Act does={() => saveMargins(account, period, fee)} working="Writing…">
          Export CSV
        </Act>
      </div>
      <Loaded query={query}>
        {({ pages: [first] }) =>
          first && (
            <div className={css.column} aria-busy={query.isPlaceholderData}>
              <Totals of={first} fee={fee} onGive={(part) => go(period, part)} />
              <Customers account={account} of={{ ...first, rows }} chosen={chosen} onChoose={setChosen} />
              {query.hasNextPage && (
                <Button onClick={() => void query.fetchNextPage()}>
                  {query.isFetchingNextPage ? 'Loading…' : `Show ${CUSTOMERS} more customers`}
                </Button>
              )}
            </div>
          )
        }
      </Loaded>
      {chosen.size > 0 && offered && (
        <AssignBook
          account={account}
          customers={rows.flatMap(({ customer }) => (chosen.has(customer.id) ? [customer] : []))}
          books={offered.rows}
          onDone={() => {
            setChosen(new Set());
            void queries.invalidateQueries();
          }}
        />
      )}
      <PriceBooks account={account} />
    </Page>
  );
}

const customersWords = (count: number): string =>
  count === 1 ? '1 customer' : `${texts.numbers.whole(count)} customers`;

const STATES = {
  coming: 'To come',
  running: 'Running',
  closing: 'Over, grace for late usage',
  closed: 'Closed',
} as const;

type TotalsProps = { readonly of: Margins; readonly fee: FeePart; readonly onGive: (part: FeePart) => void };

/** Whose part the seller’s own fee is, with the way to make it the other’s. */
const FeeNote = ({ of: { total }, fee, onGive }: TotalsProps) => (
  <>
    {total.sharedBy !== null
      ? `shared out by ${total.sharedBy.toLowerCase()}`
      : fee === 'nobodys'
        ? 'given to nobody'
        : 'given to nobody, as nothing was used'}{' '}
    <Button look="quiet" onClick={() => onGive(fee === 'nobodys' ? 'byQuantity' : 'nobodys')}>
      {fee === 'nobodys' ? 'Share by quantity instead' : 'Give it to nobody instead'}
    </Button>
  </>
);

function Totals(props: TotalsProps) {
  const { total, costs } = props.of;
  const { afterFee, fee } = total;
  const from = {
    invoice: costs.number === null ? 'from the draft of the invoice' : `from invoice ${costs.number}`,
    statement: costs.number === null ? 'from the draft of the statement above' : `from statement ${costs.number}`,
    none: costs.refused?.message ?? 'no price of its own',
  }[costs.from];
  return (
    <section className="card" aria-label="All customers">
      <dl className={css.tiles}>
        <Tile
          label="Brings"
          value={total.revenue.length === 0 ? '–' : total.revenue.map(amount).join(' + ')}
          note={customersWords(total.customers)}
        />
        <Tile label="Costs, given to customers" value={amountOr(total.cost)} note={from} />
        {total.own !== null && total.own.minor !== '0' && <Tile label="Costs of own usage" value={amount(total.own)} />}
        <Tile
          label={total.feeSays ?? 'Plan fee'}
          value={amountOr(fee)}
          note={fee && fee.minor !== '0' && <FeeNote {...props} />}
        />
        <Tile
          label="Leaves, after the fee"
          value={amountOr(afterFee?.amount ?? null)}
          note={afterFee?.percent ? `${afterFee.percent} %` : ''}
          tone={afterFee && isNegative(afterFee.amount) ? 'loss' : 'plain'}
        />
      </dl>
    </section>
  );
}

type CustomersProps = {
  readonly account: string;
  readonly of: Margins;
  readonly chosen: ReadonlySet<AccountId>;
  readonly onChoose: (chosen: ReadonlySet<AccountId>) => void;
};

function Customers(props: CustomersProps) {
  if (props.of.rows.length === 0)
    return (
      <div className="card">
        <Empty>No direct subaccounts: there is nobody to rebill to.</Empty>
      </div>
    );
  return (
    <Card title="Customers" aside={<span className={css.quiet}>Select some to give them a price book.</span>}>
      <CustomerTable {...props} />
    </Card>
  );
}

function CustomerTable({ account, of: { rows, total, period }, chosen, onChoose }: CustomersProps) {
  const turn = (id: AccountId): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChoose(next);
  };
  const most = mostOf(rows);
  return (
    <Table
      label="Customers"
      columns={[
        'Customer',
        'Price book',
        { figure: 'Used' },
        { figure: 'Costs you' },
        { figure: 'Brings' },
        { figure: 'Leaves' },
        'Statement',
      ]}
    >
      <tbody>
        {rows.map((row) => (
          <Customer
            key={row.customer.id}
            account={account}
            row={row}
            period={period}
            most={most}
            isChosen={chosen.has(row.customer.id)}
            onTurn={() => turn(row.customer.id)}
          />
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={3}>
            {customersWords(total.customers)},{' '}
            {total.sharedBy === null ? 'before the fee' : 'with their parts of the fee'}
          </th>
          <td className={css.number}>{amountOr(total.cost)}</td>
          <td className={css.number}>{total.revenue.map(amount).join(' + ')}</td>
          <td className={css.number}>
            <Leaves margin={total.margin} />
          </td>
          <td />
        </tr>
      </tfoot>
    </Table>
  );
}

const Leaves = ({ margin }: Pick<Row, 'margin'>) => (
  <>
    {amountOr(margin?.amount ?? null)}
    {margin?.percent ? <div className={css.quiet}>{margin.percent} %</div> : null}
  </>
);

type CustomerProps = {
  readonly account: string;
  readonly row: Row;
  readonly period: Margins['period'];
  /** The most that any of them costs or brings, in minor units. */
  readonly most: number;
  readonly isChosen: boolean;
  readonly onTurn: () => void;
};

function Customer({ account, row, period, most, isChosen, onTurn }: CustomerProps) {
  const { customer, book, used, cost, revenue, margin } = row;
  const name = customer.name ?? 'An account that is gone';
  const isLoss = margin !== null && isNegative(margin.amount);
  return (
    <tr>
      <th scope="row">
        <div className={css.check}>
          <input type="checkbox" checked={isChosen} onChange={onTurn} aria-label={`Select ${name}`} />
          <Link href={`/a/${account}/rebilling/customers/${customer.id}?period=${period.key}`}>
            <bdi>{name}</bdi>
          </Link>
        </div>
      </th>
      <td>
        {book ? (
          <Link href={`/a/${account}/rebilling/books/${book.id}`}>
            <bdi>{book.name}</bdi> v{book.version}
          </Link>
        ) : (
          <span className={css.quiet}>none</span>
        )}
      </td>
      <td className={css.number}>
        {used.map((one) => (
          <div key={one.meter}>{quantityOf(one.quantity, one.unit)}</div>
        ))}
      </td>
      <td className={css.number}>{amountOr(cost)}</td>
      <td className={css.number}>
        {amountOr(revenue)}
        {margin && cost && revenue && <CostBar cost={cost} revenue={revenue} most={most} />}
      </td>
      <td className={`${css.number} ${isLoss ? css.loss : ''}`}>
        <Leaves margin={margin} />
        {isLoss && <div>costs more than it brings</div>}
      </td>
      <td>
        <Stated account={account} row={row} period={period} />
      </td>
    </tr>
  );
}

type Amount = NonNullable<Row['cost']>;

/** The most that any customer costs or brings whose margin is known, in minor units. */
const mostOf = (rows: readonly Row[]): number =>
  Math.max(
    0,
    ...rows.flatMap((row) => (row.margin ? [row.cost, row.revenue].map((one) => Number(one?.minor ?? 0)) : [])),
  );

type CostBarProps = { readonly cost: Amount; readonly revenue: Amount; readonly most: number };

/** What a customer costs inside of what it brings, drawn; of a loss the other way round. */
function CostBar({ cost, revenue, most }: CostBarProps) {
  if (most <= 0) return null;
  const widthOf = ({ minor }: Amount): number => (100 * Math.max(0, Number(minor))) / most;
  const [costs, brings] = [widthOf(cost), widthOf(revenue)];
  return (
    <svg
      className={`${css.share} ${costs > brings ? css.lossBar : css.costBar}`}
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect width="100" height="1" />
      <rect width={Math.max(costs, brings)} height="1" />
      <rect width={Math.min(costs, brings)} height="1" />
    </svg>
  );
}

/** How the statement of a customer stands. */
function Stated({ account, row: { customer, statement }, period }: Pick<CustomerProps, 'account' | 'row' | 'period'>) {
  const freeze = async (): Promise<void> => {
    await statements.freeze.mutate({ account, customer: customer.id, period: period.key });
    await queries.invalidateQueries();
  };
  return (
    <>
      {statement.state === 'frozen' && statement.id !== null && (
        <Link className={css.whole} href={`/a/${account}/rebilling/statements/${statement.id}`}>
          {statement.number}
        </Link>
      )}
      {statement.state === 'draft' && (
        <>
          <span className={css.badge}>Draft</span>{' '}
          {period.state !== 'running' && (
            <Act does={freeze} working="Freezing…">
              Freeze
            </Act>
          )}
        </>
      )}
      {statement.state === 'impossible' && <span className={css.loss}>{statement.refused?.message}</span>}
      {statement.state === 'none' && <span className={css.quiet}>–</span>}
    </>
  );
}

function PriceBooks({ account }: { readonly account: string }) {
  const [, navigate] = useLocation();
  const query = useBooks(account);
  return (
    <Card
      title="Price books"
      aside={
        <Button look="primary" onClick={() => navigate(`/a/${account}/rebilling/books/new`)}>
          New price book
        </Button>
      }
    >
      <Loaded query={query}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>No price books yet. A price book says what your subaccounts pay you.</Empty>
          ) : (
            <Books account={account} books={rows} />
          )
        }
      </Loaded>
    </Card>
  );
}

const Books = ({ account, books: rows }: { readonly account: string; readonly books: readonly ShownBook[] }) => (
  <Table label="Price books" columns={['Name', 'Fixed fee', 'Prices', { figure: 'Customers' }]}>
    <tbody>
      {rows.map((book) => (
        <tr key={book.id}>
          <th scope="row">
            <Link href={`/a/${account}/rebilling/books/${book.id}`}>
              <bdi>{book.name}</bdi>
            </Link>{' '}
            <span className={css.quiet}>v{book.version}</span>
          </th>
          <td>
            {price(book.terms.monthlyFee)} {book.terms.currency}
          </td>
          <td>
            {book.terms.rates.map((one) => (
              <div key={one.meter}>
                {one.label}: {pricesWords(one)}
              </div>
            ))}
            {book.terms.warnings.length > 0 && (
              <span className={css.warn}>
                {book.terms.warnings.some(({ warning }) => warning === 'below_cost')
                  ? 'A price is below what you pay.'
                  : 'A markup is below 0.'}
              </span>
            )}
          </td>
          <td className={css.number}>{book.customers}</td>
        </tr>
      ))}
    </tbody>
  </Table>
);

/** What one unit costs, in words: a markup with the price that comes of it. */
function pricesWords(rates: ShownBook['terms']['rates'][number]): string {
  const { included, unit, impossible, resulting, model, percent, size } = rates;
  if (impossible) return impossible.message;
  const start = Number(included) > 0 ? `${quantity(included)} ${unit}s included, then ` : '';
  const prices = (resulting ?? []).map(price).join(' / ');
  if (model === 'markup') return `${start}cost + ${percent} % = ${prices} a ${unit}`;
  return model === 'package' ? `${start}${prices} for each ${quantity(size ?? '1')}` : `${start}${prices} a ${unit}`;
}

/** Saves a statement as a file. */
export const saveStatement = (account: string, statement: string, format: 'csv' | 'pdf'): Promise<void> =>
  saveJob(account, () => statements.export.mutate({ account, statement, format }));
