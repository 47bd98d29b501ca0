import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { BookTermsInput, Margins, ShownBook, WhatIf } from '@tenantree/contract';
import { monthWords } from '@tenantree/widget/money';
import { type FormEvent, useState } from 'react';
import css from '../parts/cards.module.css';
import { Card, Select, Table, useAct } from '../parts/cards.tsx';
import { Alert, Button, Empty, Loaded } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { useRunningPeriod } from '../today.ts';
import { monthAfter, TurnPeriod } from './turn-period.tsx';
import { amount, amountOr, isNegative } from './words.ts';

const { margins, statements } = tenantree.trpc;

type Customer = Margins['rows'][number]['customer'];

/** A book that was tried, and what would have come of it. */
type Tried = { readonly name: string; readonly found: WhatIf };

/** What a period of a customer would have come to with other price books; nothing is written. */
export function TryBook({
  account,
  customer,
  period,
  books,
}: {
  readonly account: string;
  readonly customer: string;
  readonly period: string;
  readonly books: readonly ShownBook[];
}) {
  const [tried, setTried] = useState<readonly Tried[]>([]);
  const { busy, refusal, act } = useAct();
  const attempt = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const book = books.find(({ id }) => id === form.get('book'));
    if (!book) return;
    const name = `${book.name} v${book.version}`;
    void act(async () => {
      const asked = { account, customer, period, book: { id: book.id, version: book.version } };
      const found = await statements.whatIf.query(asked);
      setTried((before) => [...before.filter((one) => one.name !== name), { name, found }]);
    });
  };
  return (
    <Card title="What if" aside={<span className={css.quiet}>Nothing is written.</span>}>
      {books.length === 0 ? (
        <Empty>Make a price book first: it is tried on what was really used.</Empty>
      ) : (
        <form className={css.in} onSubmit={attempt}>
          <Alert refusal={refusal} />
          <div className={css.fields}>
            <Select label={`Price book over all of ${monthWords(period, texts.locale)}`} name="book">
              {books.map(({ id, name, version }) => (
                <option key={id} value={id}>
                  {name} v{version}
                </option>
              ))}
            </Select>
          </div>
          <TryButton busy={busy} />
        </form>
      )}
      <Outcome tried={tried} />
    </Card>
  );
}

const TryButton = ({ busy }: { readonly busy: boolean }) => (
  <div className={css.acts}>
    <Button type="submit" aria-disabled={busy}>
      {busy ? 'Trying…' : 'Try'}
    </Button>
  </div>
);

/** So many customers can be chosen from. */
const MOST_CUSTOMERS = 500;

type TryTermsProps = {
  readonly account: string;
  readonly terms: BookTermsInput;
  /** What of it can’t be told what it is: it is said where it stands, and nothing is tried until then. */
  readonly fault: string | null;
};

/** Tries what is written of a price book on a month of a customer, before it is saved. */
export function TryTerms({ account, terms, fault }: TryTermsProps) {
  const written = JSON.stringify(terms);
  const running = useRunningPeriod();
  const [period, setPeriod] = useState(() => monthAfter(running, -1));
  const [tried, setTried] = useState<(Tried & { readonly of: string }) | null>(null);
  const { busy, refusal, act } = useAct();
  const query = useQuery({
    queryKey: ['margins', account, period],
    queryFn: () => margins.get.query({ account, period, limit: MOST_CUSTOMERS }),
    placeholderData: keepPreviousData,
  });
  const attempt = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const customer = new FormData(event.currentTarget).get('customer');
    if (typeof customer !== 'string' || fault !== null) return;
    void act(async () => {
      const found = await statements.whatIf.query({ account, customer, period, terms });
      setTried({ name: 'As written here', found, of: written });
    });
  };
  return (
    <Card
      title="Try it on real usage"
      aside={<TurnPeriod period={period} running={running} onTurn={(key) => (setPeriod(key), setTried(null))} />}
    >
      <Loaded query={query}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>No direct subaccounts: there is nobody to try it on.</Empty>
          ) : (
            <form className={css.in} onSubmit={attempt} onChange={() => setTried(null)}>
              <Alert refusal={refusal} />
              {fault !== null && <p className={css.warn}>{fault}</p>}
              <div className={css.fields}>
                <Select label="Customer" name="customer">
                  {rows.map(({ customer }) => (
                    <option key={customer.id} value={customer.id}>
                      {nameOf(customer)}
                    </option>
                  ))}
                </Select>
              </div>
              <TryButton busy={busy} />
            </form>
          )
        }
      </Loaded>
      <Outcome tried={tried?.of === written ? [tried] : []} />
    </Card>
  );
}

const nameOf = ({ name }: Customer): string => name ?? 'An account that is gone';

/** What is, and below it what would be; told to those who don’t see it. */
const Outcome = ({ tried }: { readonly tried: readonly Tried[] }) => {
  const last = tried.at(-1);
  const says = last ? `${last.name} brings ${amount(last.found.supposed.total)}.` : '';
  return (
    <>
      <p className="hidden" role="status">
        {says}
      </p>
      {last && <Found tried={tried} last={last.found} />}
    </>
  );
};

const Found = ({ tried, last }: { readonly tried: readonly Tried[]; readonly last: WhatIf }) => {
  const { present, cost } = last;
  const books = [...new Set(present?.parts.map(({ book }) => (book ? `${book.name} v${book.version}` : '')))];
  return (
    <Table
      label="What would be"
      caption={`${nameOf(last.customer)} costs you ${amountOr(cost, 'nobody knows how much')}. What came late of other months is left out.`}
      columns={['Price book', { figure: 'Brings' }, { figure: 'Leaves' }]}
    >
      <tbody>
        <Line
          name={books.length > 0 ? books.join(', ') : 'No price book'}
          note="now"
          brings={present?.total ?? null}
          margin={last.margins.present}
        />
        {tried.map(({ name, found }) => (
          <Line key={name} name={name} note="" brings={found.supposed.total} margin={found.margins.supposed} />
        ))}
      </tbody>
    </Table>
  );
};

type LineProps = {
  readonly name: string;
  readonly note: string;
  readonly brings: WhatIf['supposed']['total'] | null;
  readonly margin: WhatIf['margins']['present'];
};

const Line = ({ name, note, brings, margin }: LineProps) => (
  <tr>
    <th scope="row">
      <bdi>{name}</bdi> <span className={css.quiet}>{note}</span>
    </th>
    <td className={css.number}>{amountOr(brings)}</td>
    <td className={`${css.number} ${margin && isNegative(margin.amount) ? css.loss : ''}`}>
      {margin ? amount(margin.amount) : '–'}
      {margin?.percent ? <div className={css.quiet}>{margin.percent} %</div> : null}
    </td>
  </tr>
);
