import type { CallRefusal } from '@tenantree/client';
import type { AssignmentPreview, ShownBook } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { monthWords } from '@tenantree/widget/money';
import { type FormEvent, useState } from 'react';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Card, Select, Table, useAct } from '../parts/cards.tsx';
import { Alert, Button, Field } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { monthAfter } from './turn-period.tsx';
import { amountOr, startWords } from './words.ts';

const { books } = tenantree.trpc;

type Customer = { readonly id: AccountId; readonly name: string | null };
type Wish = Parameters<typeof books.previewAssignment.query>[0];

/** A version of a book, or none any more; and the day from which that holds, without one, from the next period. */
type Choice = { readonly book: Pick<ShownBook, 'id' | 'version'> | null; readonly from: string | null };

/**
 * Gives customers a price book: from when, what the months that it changes then come to, and only then for good. Or ends the one that they have,
 * which is asked once more.
 */
export function AssignBook({
  account,
  customers,
  books: offered,
  onDone,
}: {
  readonly account: string;
  readonly customers: readonly Customer[];
  readonly books: readonly ShownBook[];
  readonly onDone: () => void;
}) {
  const { refusal, busy, foreseen, foresee, forget, assign } = useAssignment(onDone);
  const ids = customers.map(({ id }) => id);
  const choose = ({ book, from }: Choice): void => {
    if (!book) return void end(account, customers, { from, onDone });
    const wish = { account, customers: ids, present: 'end' as const, book: book.id, version: book.version };
    foresee({ ...wish, ...(from !== null && { from }) });
  };
  return (
    <Card title={`Price book for ${namesOf(customers)}`}>
      <ChoiceForm books={offered} refusal={refusal} busy={busy} onChange={forget} onChoose={choose} />
      {foreseen && (
        <div className={css.in} role="status">
          <Foreseen months={foreseen.months} />
          <div className={css.acts}>
            <Button
              look="primary"
              disabled={busy || foreseen.months[0].rows.some((row) => row.refused)}
              onClick={assign}
            >
              Give it to {howMany(customers)}
            </Button>
          </div>
        </div>
      )}
    </Card>
  );
}

/** So many are named; of the others it is said how many. */
const MOST_NAMED = 5;
const namesOf = (customers: readonly Customer[]): string => {
  const more = customers.length - MOST_NAMED;
  const named = customers.slice(0, MOST_NAMED).map(({ name }) => name ?? '…');
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};
const howMany = ({ length }: readonly Customer[]): string => (length === 1 ? '1 customer' : `${length} customers`);

const end = (
  account: string,
  customers: readonly Customer[],
  { from, onDone }: { readonly from: string | null; readonly onDone: () => void },
): Promise<void> =>
  ask({
    title: `End the price book of ${howMany(customers)}?`,
    text: `${namesOf(customers)}: from ${from === null ? 'the next period' : startWords(from)} on nothing is charged on, and there are no statements. What is frozen stays.`,
    submit: 'End price book',
    act: async () => {
      const ids = customers.map(({ id }) => id);
      await books.unassign.mutate({ account, customers: ids, ...(from !== null && { to: from }) });
      onDone();
    },
  });

/** Most months that are shown; of those before them it is said which. */
const MOST_MONTHS = 12;

/** What would come of a wish in each month that it changes, the running one first. */
type ForeseenMonths = readonly [running: AssignmentPreview, ...earlier: AssignmentPreview[]];

async function foreseeMonths(wish: Wish): Promise<ForeseenMonths> {
  const running = await books.previewAssignment.query(wish);
  const earlier: AssignmentPreview[] = [];
  for (let k = 1; k < MOST_MONTHS && monthAfter(running.period.key, -k) >= monthOf(running.from); k += 1)
    earlier.push(await books.previewAssignment.query({ ...wish, period: monthAfter(running.period.key, -k) }));
  return [running, ...earlier];
}

/** The month that an instant is in, in UTC. */
const monthOf = (instant: string): string => instant.slice(0, 7);

/** An assignment in its two steps, one at a time: what would come of it, then doing what was foreseen. */
function useAssignment(onDone: () => void) {
  const [foreseen, setForeseen] = useState<{ readonly wish: Wish; readonly months: ForeseenMonths } | null>(null);
  const { refusal, busy, act } = useAct();
  const foresee = (wish: Wish): void => void act(async () => setForeseen({ wish, months: await foreseeMonths(wish) }));
  const assign = (): void =>
    void act(async () => {
      if (!foreseen) return;
      await books.assign.mutate({ ...foreseen.wish, preview: foreseen.months[0].preview });
      onDone();
    });
  return { refusal, busy, foreseen, foresee, forget: () => setForeseen(null), assign };
}

type ChoiceProps = {
  readonly books: readonly ShownBook[];
  readonly refusal: CallRefusal | null;
  readonly busy: boolean;
  readonly onChange: () => void;
  readonly onChoose: (choice: Choice) => void;
};

function ChoiceForm({ books: offered, refusal, busy, onChange, onChoose }: ChoiceProps) {
  const [when, setWhen] = useState('next');
  const [chosen, setChosen] = useState<string>(offered[0]?.id ?? '');
  const choose = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const from = form.get('from');
    onChoose({
      book: offered.find(({ id }) => id === chosen) ?? null,
      from: when === 'date' && typeof from === 'string' && from !== '' ? `${from}T00:00:00.000Z` : null,
    });
  };
  return (
    <form className={css.in} onSubmit={choose} onChange={onChange}>
      <Alert refusal={refusal} />
      <div className={css.fields}>
        <Select label="Price book" value={chosen} onChange={({ target }) => setChosen(target.value)}>
          {offered.map(({ id, name, version }) => (
            <option key={id} value={id}>
              {name} v{version}
            </option>
          ))}
          <option value="">No price book any more</option>
        </Select>
        <Select label="From when" value={when} onChange={({ target }) => setWhen(target.value)}>
          <option value="next">Next period</option>
          <option value="date">A day inside this period, or before</option>
        </Select>
        {when === 'date' && (
          <Field
            label="Day (UTC)"
            name="from"
            type="date"
            required
            hint="Splits the period: each part with its own share of fee and included. Earlier ones as long as none is frozen."
          />
        )}
      </div>
      <div className={css.acts}>
        <Button type="submit" disabled={busy || offered.length === 0}>
          {busy ? 'Working…' : chosen === '' ? 'Go on' : 'Preview'}
        </Button>
        {offered.length === 0 && <span className={css.quiet}>Make a price book first.</span>}
      </div>
    </form>
  );
}

const Foreseen = ({ months }: { readonly months: ForeseenMonths }) => {
  const [{ from, warnings, period }] = months;
  const first = monthOf(from);
  const hidden = months.at(-1)?.period.key ?? period.key;
  return (
    <>
      <p>
        From {startWords(from)}.{' '}
        {first > period.key
          ? 'No month up to now changes.'
          : first < period.key &&
            `It changes all months from ${monthWords(first, texts.locale)} on, of which each statement has its own sum.`}
      </p>
      {hidden > first && (
        <p className={css.warn}>
          Months before {monthWords(hidden, texts.locale)} change, too, and are not shown here.
        </p>
      )}
      {warnings.length > 0 && <p className={css.warn}>Some prices are below what you pay, or a markup is below 0.</p>}
      {months.map((one) => (
        <Month key={one.period.key} preview={one} />
      ))}
    </>
  );
};

/** What a month comes to for each. */
const Month = ({ preview: { rows, period } }: { readonly preview: AssignmentPreview }) => {
  const words = monthWords(period.key, texts.locale);
  return (
    <Table
      label={`Preview of ${words}`}
      caption={<>What {words} comes to for each:</>}
      columns={['Customer', { figure: 'Now' }, { figure: 'Then' }]}
    >
      <tbody>
        {rows.map(({ customer, before, after, refused }) => (
          <tr key={customer.id}>
            <th scope="row">
              <bdi>{customer.name ?? '…'}</bdi>
              {refused && <div className={css.loss}>{refused.message}</div>}
            </th>
            <td className={css.number}>{amountOr(before.total)}</td>
            <td className={css.number}>{after.refused ? after.refused.message : amountOr(after.total)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
};
