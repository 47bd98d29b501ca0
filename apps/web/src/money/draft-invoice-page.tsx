import { useInfiniteQuery } from '@tanstack/react-query';
import type { AnswerOf, CONTRACT, DraftInvoice } from '@tenantree/contract';
import { monthWords } from '@tenantree/widget/money';
import { useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { LineTable, linesWords, Sum } from './line-table.tsx';
import { MeterFacts } from './meter-facts.tsx';
import { periodOf, runningPeriod, TurnPeriod } from './turn-period.tsx';
import { usePrint } from './use-print.ts';
import { amount } from './words.ts';

const LINES = 200;

/** What the invoice of a month would be by now, with its lines. The month stands in the address. */
export default function DraftInvoicePage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const [running] = useState(runningPeriod);
  const period = periodOf(useSearch(), running);
  const query = useDraft(account, period);
  const print = usePrint(query);
  return (
    <Page
      title="Invoice so far"
      lead="What the invoice of a month would be by now. It is issued once the month is over."
    >
      <div className={css.acts}>
        <Link href={`/a/${account}/billing`}>Billing</Link>
        <TurnPeriod
          period={period}
          running={running}
          onTurn={(key) => navigate(`${path}?period=${key}`, { replace: true })}
        />
        {query.data?.pages[0]?.draft && (
          <Act does={print} working="Loading…">
            Print
          </Act>
        )}
      </div>
      <Loaded query={query}>
        {({ pages }) => <Shown account={account} period={period} pages={pages} query={query} />}
      </Loaded>
    </Page>
  );
}

const useDraft = (account: string, period: string) =>
  useInfiniteQuery({
    queryKey: ['draft-invoice', account, period],
    queryFn: ({ pageParam }) =>
      tenantree.trpc.invoices.draft.query({
        account,
        period,
        limit: LINES,
        ...(pageParam !== '' && { cursor: pageParam }),
      }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });

type ShownProps = {
  readonly account: string;
  readonly period: string;
  readonly pages: readonly AnswerOf<(typeof CONTRACT)['invoices']['draft']>[];
  readonly query: Pick<ReturnType<typeof useDraft>, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'>;
};

function Shown({ account, period, pages, query }: ShownProps) {
  const { draft, issued } = pages[0] ?? { draft: null, issued: null };
  if (!draft)
    return (
      <div className="card">
        <Empty>
          {issued ? (
            <p>
              It is issued: <Link href={`/a/${account}/billing/invoices/${issued.id}`}>{issued.number}</Link>
            </p>
          ) : (
            `No plan in ${monthWords(period, texts.locale)}: nothing is invoiced.`
          )}
        </Empty>
      </div>
    );
  return (
    <>
      <Head draft={draft} />
      <Card title={`${linesWords(draft.lines)} so far`}>
        <LineTable lines={pages.flatMap(({ lines }) => lines)}>
          <Sum label="Total" value={draft.total} />
          {draft.applied.minor !== '0' && <Sum label="From the balance" value={draft.applied} />}
          <Sum label="To be paid" value={draft.due} />
        </LineTable>
        {query.hasNextPage && (
          <div className={css.in}>
            <Button onClick={() => void query.fetchNextPage()}>
              {query.isFetchingNextPage ? 'Loading…' : `Show ${LINES} more lines`}
            </Button>
          </div>
        )}
      </Card>
    </>
  );
}

const Head = ({ draft: { plan, used, late, total } }: { readonly draft: DraftInvoice }) => (
  <Card title={amount(total)} aside={<span className={css.badge}>Draft, before tax</span>}>
    <dl className={`${css.in} ${css.facts}`}>
      <dt>Plan</dt>
      <dd>
        <bdi>{plan.name}</bdi>, version {plan.version}
      </dd>
      <MeterFacts used={used} />
      {late.minor !== '0' && (
        <>
          <dt>Late usage</dt>
          <dd>{amount(late)}</dd>
        </>
      )}
    </dl>
  </Card>
);
