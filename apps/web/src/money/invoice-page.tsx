import { useInfiniteQuery } from '@tanstack/react-query';
import type { DetailedInvoice, DocumentLine } from '@tenantree/contract';
import { countryName, monthWords } from '@tenantree/widget/money';
import { Fragment, type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card } from '../parts/cards.tsx';
import { Button, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { CreditInvoice, isCreditable } from './credit-invoice.tsx';
import { LineTable, linesWords, Sum } from './line-table.tsx';
import { MeterFacts } from './meter-facts.tsx';
import { saveJob } from './save-job.ts';
import { usePrint } from './use-print.ts';
import { amount, negated, price } from './words.ts';

const { invoices } = tenantree.trpc;
const LINES = 200;

/** An invoice with its lines, as a page that can be printed, and as files. */
export default function InvoicePage({ account, invoice }: { readonly account: string; readonly invoice: string }) {
  const query = useInfiniteQuery({
    queryKey: ['invoice', account, invoice],
    queryFn: ({ pageParam }) =>
      invoices.get.query({ account, invoice, limit: LINES, ...(pageParam !== '' && { cursor: pageParam }) }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const print = usePrint(query);
  const [isCrediting, setCrediting] = useState(false);
  const first = query.data?.pages[0]?.invoice;
  const title = first
    ? `${first.kind === 'credit' ? 'Credit note' : 'Invoice'} ${first.number ?? '(draft)'}`
    : 'Invoice';
  return (
    <Page title={title} lead={first ? monthWords(first.period, texts.locale) : ''}>
      <div className={css.acts}>
        <Link href={`/a/${account}/billing`}>All invoices</Link>
        {first && <Files account={account} invoice={invoice} onPrint={print} />}
        {first && isCreditable(first) && (
          <Button aria-expanded={isCrediting} onClick={() => setCrediting(!isCrediting)}>
            Credit…
          </Button>
        )}
      </div>
      <Loaded query={query} missing="No such invoice">
        {({ pages }) =>
          first ? (
            <>
              <Head account={account} invoice={first} />
              {isCrediting && <CreditInvoice account={account} invoice={first} />}
              <Lines account={account} invoice={first} lines={pages.flatMap(({ lines }) => lines)}>
                {query.hasNextPage && (
                  <Button onClick={() => void query.fetchNextPage()}>
                    {query.isFetchingNextPage ? 'Loading…' : `Show ${LINES} more lines`}
                  </Button>
                )}
              </Lines>
            </>
          ) : null
        }
      </Loaded>
    </Page>
  );
}

type FilesProps = { readonly account: string; readonly invoice: string; readonly onPrint: () => Promise<void> };

function Files({ account, invoice, onPrint }: FilesProps) {
  const file = (format: 'csv' | 'pdf') => (): Promise<void> =>
    saveJob(account, () => invoices.export.mutate({ account, invoice, format }));
  return (
    <>
      <Act does={file('csv')} working="Writing…">
        Lines as CSV
      </Act>
      <Act does={file('pdf')} working="Writing…">
        PDF
      </Act>
      <Act does={onPrint} working="Loading…">
        Print
      </Act>
    </>
  );
}

const Party = ({ title, party }: { readonly title: string; readonly party: DetailedInvoice['buyer'] }) => (
  <>
    <dt>{title}</dt>
    <dd>
      <bdi>
        {[party.name, ...party.address, ...(party.country ? [countryName(party.country, texts.locale)] : [])].join(
          ', ',
        )}
      </bdi>
      {party.taxId !== null && <div className={css.quiet}>Tax id {party.taxId}</div>}
    </dd>
  </>
);

const Head = ({ account, invoice }: { readonly account: string; readonly invoice: DetailedInvoice }) => (
  <Card title={amount(invoice.total)} aside={<span className={css.badge}>{invoice.number ? 'Issued' : 'Draft'}</span>}>
    <dl className={`${css.in} ${css.facts}`}>
      {invoice.seller && <Party title="From" party={invoice.seller} />}
      <Party title="Billed to" party={invoice.buyer} />
      {invoice.issuedAt !== null && (
        <>
          <dt>Issued</dt>
          <dd>{texts.numbers.dateTime(invoice.issuedAt)}</dd>
        </>
      )}
      {invoice.plan && (
        <>
          <dt>Plan</dt>
          <dd>
            <bdi>{invoice.plan.name}</bdi>, version {invoice.plan.version}
          </dd>
        </>
      )}
      {invoice.credits !== null && (
        <>
          <dt>Credits</dt>
          <dd>
            <Link href={`/a/${account}/billing/invoices/${invoice.credits}`}>
              {invoice.creditsNumber === null ? 'The invoice that it takes from' : `Invoice ${invoice.creditsNumber}`}
            </Link>
          </dd>
        </>
      )}
      {invoice.reason !== null && (
        <>
          <dt>Reason</dt>
          <dd>
            <bdi>{invoice.reason}</bdi>
          </dd>
        </>
      )}
      <MeterFacts used={invoice.used} />
      {invoice.taxes.map(({ category, rate, base, amount: tax }) => (
        <Fragment key={`${category} ${rate}`}>
          <dt>Tax</dt>
          <dd>
            {price(rate)} % ({category}) of {amount(base)}: {amount(tax)}
          </dd>
        </Fragment>
      ))}
    </dl>
  </Card>
);

const Lines = ({
  account,
  invoice,
  lines,
  children,
}: {
  readonly account: string;
  readonly invoice: DetailedInvoice;
  readonly lines: readonly DocumentLine[];
  readonly children: ReactNode;
}) => (
  <Card title={linesWords(invoice.lines)}>
    <LineTable lines={lines} page={`/a/${account}/billing/invoices/${invoice.id}`}>
      <Sum label="Total" value={invoice.total} />
      {invoice.applied.minor !== '0' && <Sum label="From the balance" value={invoice.applied} />}
      {invoice.kind === 'credit' ? (
        <Sum label="To the balance" value={negated(invoice.total)} />
      ) : (
        <Sum label="To be paid" value={invoice.due} />
      )}
      {invoice.credited.minor !== '0' && <Sum label="Credited to the balance since" value={invoice.credited} />}
    </LineTable>
    <div className={css.in}>
      {children}
      {invoice.howToPay !== null && invoice.due.minor !== '0' && <p>{invoice.howToPay}</p>}
      {invoice.tax !== null && <p className={css.quiet}>{invoice.tax}</p>}
      <p className={css.quiet}>
        {invoice.kind === 'credit'
          ? 'What is credited is shared out by what is left of each line, and is taken off the next invoice first.'
          : 'Amounts are rounded once per meter, half away from zero, and shared out by largest remainder: lines always add up to the total.'}
      </p>
    </div>
  </Card>
);
