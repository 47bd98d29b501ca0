import { type CallRefusal, refusalOf } from '@tenantree/client';
import type { AssignmentPreview, ShownBook } from '@tenantree/contract';
import type { AccountId } from '@tenantree/domain';
import { type FormEvent, useState } from 'react';
import { Alert, Button, Field } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import css from './money.module.css';
import { amountOr, Card, Select } from './parts.tsx';

const { books } = tenantree.trpc;

type Customer = { readonly id: AccountId; readonly name: string | null };
type Wish = Parameters<typeof books.previewAssignment.query>[0];

/** A version of a book and the day from which it holds; without one, from the next period. */
type Choice = Pick<Wish, 'book' | 'version' | 'from'>;

/** Gives customers a price book: from when, what the running period then comes to, and only then for good. */
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
  const names = customers.map(({ name }) => name ?? '…').join(', ');
  const ids = customers.map(({ id }) => id);
  return (
    <Card title={`Price book for ${names}`}>
      <ChoiceForm
        books={offered}
        refusal={refusal}
        busy={busy}
        onChange={forget}
        onChoose={(choice) => foresee({ account, customers: ids, present: 'end', ...choice })}
      />
      {foreseen && (
        <div className={css.in} role="status">
          <Foreseen preview={foreseen.preview} />
          <div className={css.acts}>
            <Button look="primary" disabled={busy || foreseen.preview.rows.some((row) => row.refused)} onClick={assign}>
              Give it to {customers.length === 1 ? '1 customer' : `${customers.length} customers`}
            </Button>
          </div>
        </div>
      )}
    </Card>
  );
}

/** An assignment in its two steps, one at a time: what would come of it, then doing what was foreseen. */
function useAssignment(onDone: () => void) {
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);
  const [foreseen, setForeseen] = useState<{ readonly wish: Wish; readonly preview: AssignmentPreview } | null>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    try {
      await act();
    } catch (error) {
      setRefusal(refusalOf(error));
    } finally {
      setBusy(false);
    }
  };
  const foresee = (wish: Wish): void =>
    void attempt(async () => setForeseen({ wish, preview: await books.previewAssignment.query(wish) }));
  const assign = (): void =>
    void attempt(async () => {
      if (!foreseen) return;
      await books.assign.mutate({ ...foreseen.wish, preview: foreseen.preview.preview });
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
  const choose = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const book = offered.find(({ id }) => id === form.get('book'));
    const from = form.get('from');
    if (!book) return;
    onChoose({
      book: book.id,
      version: book.version,
      ...(when === 'date' && typeof from === 'string' && from !== '' && { from: `${from}T00:00:00.000Z` }),
    });
  };
  return (
    <form className={css.in} onSubmit={choose} onChange={onChange}>
      <Alert refusal={refusal} />
      <div className={css.fields}>
        <Select label="Price book" name="book">
          {offered.map(({ id, name, version }) => (
            <option key={id} value={id}>
              {name} v{version}
            </option>
          ))}
        </Select>
        <Select label="From when" value={when} onChange={({ target }) => setWhen(target.value)}>
          <option value="next">Next period</option>
          <option value="date">A day inside this period</option>
        </Select>
        {when === 'date' && (
          <Field
            label="Day (UTC)"
            name="from"
            type="date"
            required
            hint="Splits the period: each part with its own share of fee and included."
          />
        )}
      </div>
      <div className={css.acts}>
        <Button type="submit" disabled={busy || offered.length === 0}>
          {busy ? 'Working…' : 'Preview'}
        </Button>
        {offered.length === 0 && <span className={css.quiet}>Make a price book first.</span>}
      </div>
    </form>
  );
}

const Foreseen = ({ preview: { rows, from, warnings, period } }: { readonly preview: AssignmentPreview }) => (
  <>
    <p>
      From {texts.numbers.dateTime(from)}. What {period.key} comes to for each:
    </p>
    {warnings.length > 0 && <p className={css.warn}>Some prices are below what you pay, or a markup is below 0.</p>}
    <div className={css.scroll} tabIndex={0} role="region" aria-label="Preview">
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col" className={css.number}>
              Now
            </th>
            <th scope="col" className={css.number}>
              Then
            </th>
          </tr>
        </thead>
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
      </table>
    </div>
  </>
);
