import { useInfiniteQuery } from '@tanstack/react-query';
import { monthWords } from '@tenantree/widget/money';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card } from '../parts/cards.tsx';
import { Button, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { LineTable, Sum } from './line-table.tsx';
import { saveStatement } from './rebilling-page.tsx';
import { StatementParts } from './statement-parts.tsx';
import { usePrint } from './use-print.ts';

const LINES = 200;

type Props = {
  readonly account: string;
  readonly statement: string;
  /** The page that one comes from: the seller’s, or the customer’s. */
  readonly of: keyof typeof FROM;
};

const FROM = { rebilling: 'Rebilling', billing: 'All statements' } as const;

/** A frozen statement: what a customer owes the account directly above it for a period. */
export default function StatementPage({ account, statement, of }: Props) {
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
  const print = usePrint(query);
  const first = query.data?.pages[0];
  const whose = first?.statement.customer.name ?? 'a customer';
  return (
    <Page
      title={first ? `Statement ${first.statement.number}` : 'Statement'}
      lead={
        first
          ? `${monthWords(first.statement.period, texts.locale)}, ${whose} with everything below it. Frozen ${texts.numbers.day(first.statement.frozenAt)}.`
          : ''
      }
    >
      <p className={css.acts}>
        <Link href={`/a/${account}/${of}`}>{FROM[of]}</Link>
        {first && <Files account={account} statement={statement} onPrint={print} />}
      </p>
      <Loaded query={query} missing="No such statement">
        {({ pages }) =>
          first ? (
            <>
              <StatementParts details={first.details} state="Frozen" />
              <Card title="Lines">
                <LineTable
                  lines={pages.flatMap(({ lines }) => lines)}
                  page={`/a/${account}/${of}/statements/${statement}`}
                >
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

type FilesProps = { readonly account: string; readonly statement: string; readonly onPrint: () => Promise<void> };

const Files = ({ account, statement, onPrint }: FilesProps) => (
  <>
    <Act does={() => saveStatement(account, statement, 'csv')} working="Writing…">
      Lines as CSV
    </Act>
    <Act does={() => saveStatement(account, statement, 'pdf')} working="Writing…">
      PDF
    </Act>
    <Act does={onPrint} working="Loading…">
      Print
    </Act>
  </>
);
