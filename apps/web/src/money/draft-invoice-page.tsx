import { useInfiniteQuery } from '@tanstack/react-query';
import type { AnswerOf, CONTRACT, DraftInvoice } from '@tenantree/contract';
import { monthWords } from '@tenantree/widget/money';
import { Link, useLocation, useSearch } from 'wouter';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Act, Card } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { useRunningPeriod } from '../today.ts';
import { LineTable, linesWords, Sum } from './line-table.tsx';
import { MeterFacts } from './meter-facts.tsx';
import { periodOf, TurnPeriod } from './turn-period.tsx';
import { usePrint } from './use-print.ts';
import { amount } from './words.ts';

const { invoices } = tenantree.trpc;
const LINES = 200;

/** What the invoice of a month would be by now, with its lines. The month stands in the address. */
export default function DraftInvoicePage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const running = useRunningPeriod();
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
      invoices.draft.query({
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
  const state = pages[0]?.period.state;
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
      {state === 'closing' && (
        <p className={css.quiet}>
          The month is over. It can be closed once its grace for late usage is, and is by itself then.
        </p>
      )}
      {state === 'closed' && <CloseMonth account={account} period={period} />}
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

/** Closes a month by hand: what it comes to is read again and shown before it is for good. */
function CloseMonth({ account, period }: { readonly account: string; readonly period: string }) {
  const [, navigate] = useLocation();
  const month = monthWords(period, texts.locale);
  const review = async (): Promise<void> => {
    const { draft } = await invoices.draft.query({ account, period, limit: 1 });
    const sum = draft
      ? `${amount(draft.total)} before tax, ${linesWords(draft.lines)}, of which ${amount(draft.due)} is to be paid. `
      : '';
    await ask({
      title: `Close ${month} and issue its invoice?`,
      text: `${sum}An issued invoice never changes: what comes late is on the next one, and what was wrong is taken back by a credit note.`,
      submit: `Close ${month}`,
      act: async () => {
        const { invoice } = await invoices.closePeriod.mutate({ account, period });
        await queries.invalidateQueries();
        navigate(`/a/${account}/billing/invoices/${invoice.id}`);
      },
    });
  };
  return (
    <Card title={`${month} is over`} aside={<Act does={review} working="Working…">{`Close ${month}…`}</Act>}>
      <p className={`${css.in} ${css.quiet}`}>
        It is closed by itself, with its grace. Whoever doesn’t wait for that closes it here.
      </p>
    </Card>
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
