import { useInfiniteQuery } from '@tanstack/react-query';
import type { LateEvents } from '@tenantree/contract';
import { type CsvColumn, csvHeader, csvLines } from '@tenantree/domain';
import { monthWords } from '@tenantree/widget/money';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Act, Card, Table } from '../parts/cards.tsx';
import { Button, Empty, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { saveCsv } from './save-job.ts';
import { amount, quantityOf } from './words.ts';

const { invoices, statements } = tenantree.trpc;
const EVENTS = 200;

type Props = {
  readonly account: string;
  /** The document, and the page of it that one comes from. */
  readonly of: { readonly invoice: string } | { readonly statement: string };
  readonly line: number;
  readonly back: string;
};

const read = ({ account, of, line }: Props, limit: number, cursor: string | null): Promise<LateEvents> => {
  const page = { account, line, limit, ...(cursor !== null && { cursor }) };
  return 'invoice' in of
    ? invoices.lateEvents.query({ ...page, ...of })
    : statements.lateEvents.query({ ...page, ...of });
};

/** The events behind a line of late usage: what came in after its month was billed. */
export default function LateEventsPage(props: Props) {
  const query = useInfiniteQuery({
    queryKey: ['late-events', props.account, props.of, props.line],
    queryFn: ({ pageParam }) => read(props, EVENTS, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const first = query.data?.pages[0];
  return (
    <Page
      title={first ? first.line.says : 'Late usage'}
      lead={
        first
          ? `Recorded since ${texts.numbers.dateTime(first.after)}, when ${monthWords(first.line.ofPeriod ?? '', texts.locale)} was billed last, and before ${texts.numbers.dateTime(first.until)}.`
          : ''
      }
    >
      <p className={css.acts}>
        <Link href={props.back}>All lines</Link>
        {first && (
          <Act does={() => saveEvents(props)} working="Writing…">
            Export CSV
          </Act>
        )}
      </p>
      <Loaded query={query} missing="No such line of late usage">
        {({ pages }) =>
          first && (
            <Card title={eventsWords(first.events)} aside={<span>{amount(first.line.amount)}</span>}>
              <Difference of={first} />
              <Events of={first} rows={pages.flatMap(({ rows }) => rows)} />
              {query.hasNextPage && (
                <div className={css.in}>
                  <Button onClick={() => void query.fetchNextPage()}>
                    {query.isFetchingNextPage ? 'Loading…' : `Show ${EVENTS} more events`}
                  </Button>
                </div>
              )}
            </Card>
          )
        }
      </Loaded>
    </Page>
  );
}

const eventsWords = (count: number): string => (count === 1 ? '1 event' : `${texts.numbers.whole(count)} events`);

/** What is said where the events aren’t all that the line is of. */
const Difference = ({ of: { events, sum, line } }: { readonly of: LateEvents }) => {
  if (sum === line.quantity) return null;
  return events === 0 ? (
    <Empty>Events of this month are not kept any more. What the line comes to stays.</Empty>
  ) : (
    <p className={`${css.in} ${css.quiet}`}>
      {`These come to ${quantityOf(sum, line.unit ?? '')}, and the line to ${quantityOf(line.quantity ?? '0', line.unit ?? '')}: some came in at the very moment in which one of the two was made.`}
    </p>
  );
};

type EventsProps = { readonly of: LateEvents; readonly rows: LateEvents['rows'] };

const Events = ({ of: { events, sum, line }, rows }: EventsProps) =>
  events === 0 ? null : (
    <Table label="Events" columns={['Happened', { figure: 'Quantity' }, 'Recorded', 'Agent, or why']}>
      <tbody>
        {rows.map((event) => (
          <tr key={event.idempotencyKey}>
            <th scope="row">
              {texts.numbers.dateTime(event.occurredAt)}
              <div className={css.quiet}>
                <bdi>{event.idempotencyKey}</bdi>
              </div>
            </th>
            <td className={css.number}>{quantityOf(event.quantity, line.unit ?? '')}</td>
            <td>{texts.numbers.dateTime(event.recordedAt)}</td>
            <td>
              {event.kind === 'adjustment' && <span className={css.badge}>Adjustment</span>}{' '}
              <bdi>{event.reason ?? event.agent ?? ''}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">All of them</th>
          <td className={css.number}>{quantityOf(sum, line.unit ?? '')}</td>
          <td />
          <td />
        </tr>
      </tfoot>
    </Table>
  );

const COLUMNS: readonly CsvColumn<LateEvents['rows'][number]>[] = [
  { name: 'occurredAt', kind: 'instant', of: ({ occurredAt }) => occurredAt },
  { name: 'recordedAt', kind: 'instant', of: ({ recordedAt }) => recordedAt },
  { name: 'kind', kind: 'text', of: ({ kind }) => kind },
  { name: 'reason', kind: 'text', of: ({ reason }) => reason },
  { name: 'agent', kind: 'text', of: ({ agent }) => agent },
  { name: 'idempotencyKey', kind: 'text', of: ({ idempotencyKey }) => idempotencyKey },
  { name: 'quantity', kind: 'number', of: ({ quantity }) => quantity },
];

/** Saves all events behind a line as CSV. */
async function saveEvents(props: Props): Promise<void> {
  let csv = csvHeader(COLUMNS);
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: LateEvents = await read(props, 500, cursor);
    csv += csvLines(COLUMNS, page.rows);
    cursor = page.nextCursor;
  }
  saveCsv(`late-usage-line-${props.line}.csv`, csv);
}
