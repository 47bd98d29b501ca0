import { useQuery } from '@tanstack/react-query';
import type { CustomerMargins, DepartedMargins, Departure } from '@tenantree/contract';
import { monthWords } from '@tenantree/widget/money';
import { Link } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Table, Tile } from '../parts/cards.tsx';
import { Empty, Loaded, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { amount, amountOr, isNegative, quantityOf } from './words.ts';

const { margins, transfers } = tenantree.trpc;

type Props = {
  readonly account: string;
  /** The account that it stood directly below. */
  readonly from: string;
  readonly departure: string;
};

/** An account that left by a billing transfer, as those see it that it left: what it is now is its own. */
export default function DeparturePage({ account, from, departure }: Props) {
  const query = useQuery({
    queryKey: ['departure', from, departure],
    queryFn: () => transfers.departure.query({ account: from, departure }),
  });
  const found = query.data;
  return (
    <Page
      title={found ? found.account.name : 'An account that left'}
      lead={
        found
          ? `Independent account since ${texts.numbers.dateTime(found.at)}. It pays for itself, and is not reached from here any more.`
          : ''
      }
    >
      <p className={css.acts}>
        <Link href={`/a/${account}/billing`}>Billing</Link>
      </p>
      <Loaded query={query} missing="No account that left">
        {(left) => (
          <>
            <Figures left={left} />
            <div className={css.two}>
              <div className={css.column}>
                <Money account={account} from={from} departure={departure} left={left} />
              </div>
              <div className={css.column}>
                <Ended left={left} />
                <Products left={left} />
              </div>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${texts.numbers.whole(count)} ${count === 1 ? one : many}`;

const Figures = ({ left: { at, from, accounts, used, lateUntil } }: { readonly left: Departure }) => (
  <section className="card" aria-label="What left">
    <dl className={css.tiles}>
      <Tile
        label="Stood below"
        value={from.name}
        note={
          accounts === null
            ? ''
            : accounts === 1
              ? 'It left alone.'
              : `${counted(accounts - 1, 'account')} below it left, too.`
        }
      />
      {used.map(({ meter, label, unit, quantity }) => (
        <Tile
          key={meter}
          label={`${label} until then`}
          value={quantityOf(quantity, unit)}
          note={`In ${monthWords(at.slice(0, 7), texts.locale)}: not paid for by it.`}
        />
      ))}
      {used.length === 0 && (
        <Tile label="Used until then" value="Nothing" note={`In ${monthWords(at.slice(0, 7), texts.locale)}.`} />
      )}
      <Tile
        label="Late usage until"
        value={texts.numbers.day(lateUntil)}
        note="What it used before it left may come until then, and is still paid for here."
      />
    </dl>
  </section>
);

type MoneyProps = Props & { readonly left: Departure };

/** What it cost and brought in its last months, and its last statements. */
function Money({ account, from, departure, left }: MoneyProps) {
  const query = useQuery({
    queryKey: ['departed-margins', from, departure],
    queryFn: () => margins.ofDeparted.query({ account: from, departure }),
  });
  return (
    <Loaded query={query}>
      {({ periods, statements }) => (
        <>
          <Card title="Its last months">
            <Table
              label="Its last months"
              caption={`What it cost ${left.from.name}, and brought, with everything below it.`}
              columns={['Month', { figure: 'Costs' }, { figure: 'Brings' }, { figure: 'Leaves' }]}
            >
              <tbody>
                {periods.map((one) => (
                  <Month key={one.period.key} of={one} />
                ))}
              </tbody>
            </Table>
          </Card>
          <Card title="Its last statements">
            <Statements account={account} from={from} rows={statements} />
          </Card>
        </>
      )}
    </Loaded>
  );
}

const Month = ({
  of: { period, costs, cost, revenue, margin },
}: {
  readonly of: CustomerMargins['periods'][number];
}) => (
  <tr>
    <th scope="row">
      {monthWords(period.key, texts.locale)}
      <div className={css.quiet}>{costs === 'final' ? 'Final' : 'By now: it is not closed yet'}</div>
    </th>
    <td className={css.number}>{amountOr(cost)}</td>
    <td className={css.number}>{amountOr(revenue)}</td>
    <td className={`${css.number} ${margin && isNegative(margin.amount) ? css.loss : ''}`}>
      {amountOr(margin?.amount ?? null)}
      {margin?.percent ? <div className={css.quiet}>{margin.percent} %</div> : null}
    </td>
  </tr>
);

type StatementsProps = Pick<Props, 'account' | 'from'> & { readonly rows: DepartedMargins['statements'] };

/** The last statements that it was sent as a customer. */
const Statements = ({ account, from, rows }: StatementsProps) =>
  rows.length === 0 ? (
    <Empty>None is frozen: it had no price book, or its month isn’t over yet.</Empty>
  ) : (
    <ul className={css.bars}>
      {rows.map(({ id, number, kind, period, total }) => (
        <li key={id}>
          <span>
            {from === account ? <Link href={`/a/${from}/rebilling/statements/${id}`}>{number}</Link> : number}{' '}
            <span className={css.quiet}>
              {monthWords(period, texts.locale)}
              {kind === 'supplement' && ', late usage'}
            </span>
          </span>
          <span>{amount(total)}</span>
        </li>
      ))}
    </ul>
  );

/** What ended of people from above, as far as there was something. */
const endedWords = (ended: NonNullable<Departure['ended']>): string => {
  const parts = [
    [ended.member, 'membership'],
    [ended.key, 'API key'],
    [ended.session, 'embedded session'],
    [ended.invitation, 'open invitation'],
  ] as const;
  const words = parts.flatMap(([count, one]) => (count === 0 ? [] : [counted(count, one)]));
  return words.length === 0
    ? 'No membership, key, session or invitation of people from above ended with it.'
    : `Ended with the transfer: ${words.join(', ')}.`;
};

/** What ended of people from above, and whether they were invited back. */
const Ended = ({ left: { agency, invited, ended } }: { readonly left: Departure }) => (
  <Card title="Agency access" aside={<span className={css.badge}>{agency === 'kept' ? 'Kept' : 'Ended'}</span>}>
    <div className={css.in}>
      <p>
        {agency === 'ended'
          ? 'Nobody was invited back: people from above have no way into it any more.'
          : invited === null
            ? 'Owners and admins were invited as agency admins.'
            : `${invited === 1 ? '1 person was invited as agency admin' : `${texts.numbers.whole(invited)} people were invited as agency admins`}. Whoever accepts finds it among their accounts, and its owners can end that.`}
      </p>
      {ended && <p className={css.quiet}>{endedWords(ended)}</p>}
    </div>
  </Card>
);

const BECAME = { blank: 'Replaced by a blank', take_back: 'Taken back' } as const;

/** What became of products that came from above. */
const Products = ({ left: { products, settled } }: { readonly left: Departure }) => (
  <Card title="Products from above">
    {products.length === 0 ? (
      <Empty>All that came from above was handed over.</Empty>
    ) : (
      <Table
        label="Products from above"
        caption={
          settled &&
          `${counted(settled.blank, 'copy', 'copies')} became a blank, ${counted(settled.takenBack, 'was', 'were')} taken back: what something else can’t do without stays as a blank. Everything else was handed over.`
        }
        columns={['Product', 'Asked for']}
      >
        <tbody>
          {products.map(({ product, name, as }) => (
            <tr key={product}>
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
              <td>{BECAME[as]}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    )}
  </Card>
);
