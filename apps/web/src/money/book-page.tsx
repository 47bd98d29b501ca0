import { useQuery } from '@tanstack/react-query';
import type { AnswerOf, CONTRACT } from '@tenantree/contract';
import { CURRENCY_CODES, METERS } from '@tenantree/domain';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Select, Table, useAct } from '../parts/cards.tsx';
import { Alert, Button, Empty, errorOf, Field, Loaded, Page } from '../parts/parts.tsx';
import { giveUp, noteWritten, useUnsaved } from '../parts/unsaved.ts';
import { queries, tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import {
  type BookDraft,
  draftOf,
  faultsOf,
  fieldOf,
  fieldsOf,
  hasTiers,
  isShown,
  type Left,
  leftOf,
  type MeterDraft,
  type MeterField,
  MODELS,
  type Model,
  NO_TIER,
  type OwnCosts,
  ownCostsOf,
  TIER_FIELDS,
  type TierDraft,
  termsOf,
} from './book-terms.ts';
import { TryTerms } from './what-if.tsx';
import { price, startWords } from './words.ts';

const { billing, books } = tenantree.trpc;

type Found = AnswerOf<(typeof CONTRACT)['books']['get']>;
type Saved = Found['book'];

/** A price book: what it says, what comes of it, and its versions. A version never changes; saving makes another one. */
export default function BookPage({ account, book }: { readonly account: string; readonly book: string }) {
  const isNew = book === 'new';
  const [version, setVersion] = useState<number | null>(null);
  useUnsaved();
  const query = useQuery({
    queryKey: ['book', account, book, version],
    queryFn: () => books.get.query({ account, book, ...(version !== null && { version }) }),
    enabled: !isNew,
    // What is written meanwhile stays: another version that somebody saves is told of when this one is saved.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  });
  const state = useQuery({
    queryKey: ['billing', account],
    queryFn: () => billing.get.query({ account }),
    retry: false,
  });
  const plan = state.data?.plan ?? null;
  const currency = plan?.monthlyFee.currency ?? 'EUR';
  const own = ownCostsOf(query.data?.book.terms ?? null, plan);
  return (
    <Page
      title={isNew ? 'New price book' : (query.data?.book.name ?? 'Price book')}
      lead="What subaccounts pay you. Versions never change: what is saved here holds for nobody until it is assigned."
    >
      <p className={css.acts}>
        <Link href={`/a/${account}/rebilling`}>Rebilling</Link>
      </p>
      {isNew ? (
        <Loaded query={state}>{() => <Editor account={account} found={null} currency={currency} own={own} />}</Loaded>
      ) : (
        <Loaded query={query} missing="No such price book">
          {(found) => (
            <div className={css.two}>
              <Editor
                key={`${found.book.id} ${found.book.version}`}
                account={account}
                found={found}
                currency={currency}
                own={own}
              />
              <div className={css.column}>
                <Comes book={found.book} />
                <Holders account={account} book={found.book.id} />
                <Versions
                  found={found}
                  onChoose={(wished) => giveUp(() => setVersion(wished), `show version ${wished}`)}
                />
              </div>
            </div>
          )}
        </Loaded>
      )}
    </Page>
  );
}

/** What comes of what is saved: each price beside what one pays oneself. */
const Comes = ({ book: { terms, version } }: { readonly book: Saved }) => (
  <Card title={`What comes of version ${version}`}>
    <Table label="What comes of it" columns={['Meter', { figure: 'Price' }, { figure: 'You pay' }]}>
      <tbody>
        {terms.rates.map((one) => (
          <tr key={one.meter}>
            <th scope="row">
              {one.label}
              {one.model === 'markup' && <div className={css.quiet}>cost + {one.percent} %</div>}
              {terms.warnings
                .filter(({ meter }) => meter === one.meter)
                .map(({ warning }) => (
                  <div key={warning} className={css.warn}>
                    {warning === 'below_cost' ? 'Below what you pay.' : 'A markup below 0.'}
                  </div>
                ))}
            </th>
            <td className={css.number}>
              {one.impossible ? one.impossible.message : (one.resulting ?? []).map(price).join(' / ')}
            </td>
            <td className={css.number}>{one.cost ? one.cost.map(price).join(' / ') : '–'}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  </Card>
);

/** So many of those who have a book are named. */
const MOST_HOLDERS = 50;

/** Who has some version of the book, or will. */
function Holders({ account, book }: { readonly account: string; readonly book: string }) {
  const query = useQuery({
    queryKey: ['assignments', account, 'of', book],
    queryFn: () => books.assignments.query({ account, book, only: 'open', limit: MOST_HOLDERS }),
  });
  return (
    <Card title="Who has it" aside={<Link href={`/a/${account}/rebilling`}>Give it to others</Link>}>
      <Loaded query={query}>
        {({ rows, nextCursor }) =>
          rows.length === 0 ? (
            <Empty>Nobody has it. Select customers on the page Rebilling to give it to them.</Empty>
          ) : (
            <Table
              label="Who has it"
              columns={['Customer', 'Version', 'From']}
              {...(nextCursor !== null && { caption: `The newest ${MOST_HOLDERS} of them.` })}
            >
              <tbody>
                {rows.map(({ customer, book: { version }, from, state }) => (
                  <tr key={`${customer.id} ${from}`}>
                    <th scope="row">
                      <Link href={`/a/${account}/rebilling/customers/${customer.id}`}>
                        <bdi>{customer.name ?? 'An account that is gone'}</bdi>
                      </Link>
                    </th>
                    <td>v{version}</td>
                    <td>
                      {startWords(from)} {state === 'coming' && <span className={css.badge}>to come</span>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </Loaded>
    </Card>
  );
}

const Versions = ({ found, onChoose }: { readonly found: Found; readonly onChoose: (version: number) => void }) => (
  <Card title="Versions">
    <ul className={css.bars}>
      {found.versions.map(({ version, name, savedAt }) => (
        <li key={version}>
          <span>
            v{version} <bdi>{name}</bdi> <span className={css.quiet}>{texts.numbers.dateTime(savedAt)}</span>
          </span>
          {version === found.book.version ? (
            <span className={css.badge}>shown</span>
          ) : (
            <Button look="quiet" aria-label={`Show version ${version}`} onClick={() => onChoose(version)}>
              Show
            </Button>
          )}
        </li>
      ))}
    </ul>
  </Card>
);

type EditorProps = {
  readonly account: string;
  readonly found: Found | null;
  readonly currency: string;
  readonly own: OwnCosts | null;
};

function Editor({ account, found, currency, own }: EditorProps) {
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState<BookDraft>(() => draftOf(METERS, found?.book ?? null, currency));
  const [sent, setSent] = useState(draft);
  const { refusal, busy, act } = useAct();
  const change = (more: Partial<BookDraft>): void => {
    noteWritten('something');
    setDraft({ ...draft, ...more });
  };
  const changeMeter = (key: string, more: Partial<MeterDraft>): void =>
    change({ meters: draft.meters.map((one) => (one.meter === key ? { ...one, ...more } : one)) });
  const newest = found?.versions[0]?.version;
  const faults = faultsOf(draft);
  // What was refused was another value, once something else is typed.
  const isAsSent = (field: string): boolean => fieldsOf(draft).get(field) === fieldsOf(sent).get(field);
  const errorAt = (field: string): string | null =>
    faults.get(field) ?? (isAsSent(field) ? errorOf(refusal, field) : null);
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (faults.size > 0) return;
    setSent(draft);
    void act(async () => {
      const of = found && newest !== undefined ? { book: found.book.id, version: newest } : {};
      const { book } = await books.save.mutate({ account, name: draft.name, terms: termsOf(draft), ...of });
      noteWritten('nothing');
      await queries.invalidateQueries();
      navigate(found ? `/a/${account}/rebilling` : `/a/${account}/rebilling/books/${book.id}`);
    });
  };
  return (
    <div className={css.column}>
      <Card title="Prices">
        <form className={css.in} onSubmit={save}>
          <Alert refusal={refusal} fields={[...fieldsOf(sent).keys()]} />
          <BookFields draft={draft} errorAt={errorAt} onChange={change} />
          {draft.meters.map((one) => (
            <MeterFields
              key={one.meter}
              meter={one}
              hintOf={(typed) => leavesWords(one, leftOf(one, typed, draft.currency, own))}
              errorAt={errorAt}
              onChange={(more) => changeMeter(one.meter, more)}
            />
          ))}
          <div className={css.acts}>
            <Button type="submit" look="primary" disabled={busy}>
              {busy ? 'Saving…' : newest === undefined ? 'Save price book' : `Save version ${newest + 1}`}
            </Button>
          </div>
        </form>
      </Card>
      <TryTerms account={account} terms={termsOf(draft)} fault={[...faults.values()][0] ?? null} />
    </div>
  );
}

/** What is wrong with what is typed in a field; null: nothing. */
type ErrorAt = (field: string) => string | null;

type BookProps = {
  readonly draft: BookDraft;
  readonly errorAt: ErrorAt;
  readonly onChange: (more: Partial<BookDraft>) => void;
};

/** What a book says apart from meters. */
const BookFields = ({ draft: { name, currency, monthlyFee }, errorAt, onChange }: BookProps) => (
  <div className={css.fields}>
    <Field
      label="Name"
      required
      maxLength={100}
      value={name}
      error={errorAt('name')}
      onChange={({ target }) => onChange({ name: target.value })}
    />
    <Select label="Currency" value={currency} onChange={({ target }) => onChange({ currency: target.value })}>
      {CURRENCY_CODES.map((code) => (
        <option key={code}>{code}</option>
      ))}
    </Select>
    <Field
      label="Fixed fee a month"
      inputMode="decimal"
      value={monthlyFee}
      error={errorAt('terms.monthlyFee')}
      onChange={({ target }) => onChange({ monthlyFee: target.value })}
    />
  </div>
);

/** What a price leaves of each unit, in words: the price that is paid stands before. */
function leavesWords({ unit }: Pick<MeterDraft, 'unit'>, left: Left | null): string | undefined {
  if (left === null) return undefined;
  const { cost, amount, percent } = left;
  const span = ([least, most]: Left['cost']): string =>
    least === most ? price(least) : `${price(least)} to ${price(most)}`;
  return `You pay ${span(cost)}: leaves ${span(amount)} a ${unit}${percent === null ? '' : `, ${percent} %`}.`;
}

type MeterProps = {
  readonly meter: MeterDraft;
  /** What a price of it, or a markup, leaves. */
  readonly hintOf: (typed: string) => string | undefined;
  readonly errorAt: ErrorAt;
  readonly onChange: (more: Partial<MeterDraft>) => void;
};

function MeterFields({ meter, hintOf, errorAt, onChange }: MeterProps) {
  const { label, unit, isPriced, model } = meter;
  const text = (words: string, key: MeterField) =>
    isShown(model, key) && (
      <Field
        label={words}
        inputMode={key === 'increments' ? 'text' : 'decimal'}
        autoComplete="off"
        value={meter[key]}
        hint={key === 'price' || key === 'percent' ? hintOf(meter[key]) : undefined}
        error={errorAt(fieldOf(meter.meter, key))}
        onChange={({ target }) => onChange({ [key]: target.value })}
      />
    );
  return (
    <fieldset className={css.in}>
      <legend>
        <label className={css.check}>
          <input type="checkbox" checked={isPriced} onChange={({ target }) => onChange({ isPriced: target.checked })} />
          {label}
        </label>
      </legend>
      {isPriced && (
        <>
          <div className={css.fields}>
            <Select
              label="How"
              value={model}
              onChange={({ target }) => onChange({ model: modelOf(target.value) ?? model })}
            >
              {Object.entries(MODELS).map(([key, words]) => (
                <option key={key} value={key}>
                  {words}
                </option>
              ))}
            </Select>
            {text(`Included, ${unit}s`, 'included')}
            {text('Each rounded up to, as in 60/60', 'increments')}
            {text(`${unit}s in a package`, 'size')}
            {text(model === 'package' ? 'Price of a package' : `Price a ${unit}`, 'price')}
            {text('Markup, %', 'percent')}
          </div>
          {hasTiers(model) && (
            <Tiers
              unit={unit}
              tiers={meter.tiers}
              hintOf={hintOf}
              errorAt={(field) => errorAt(fieldOf(meter.meter, field))}
              onChange={(tiers) => onChange({ tiers })}
            />
          )}
        </>
      )}
    </fieldset>
  );
}

const modelOf = (text: string): Model | null =>
  (Object.keys(MODELS) as readonly Model[]).find((one) => one === text) ?? null;

type TiersProps = {
  readonly unit: string;
  readonly tiers: readonly TierDraft[];
  readonly hintOf: MeterProps['hintOf'];
  readonly errorAt: ErrorAt;
  readonly onChange: (tiers: readonly TierDraft[]) => void;
};

function Tiers({ unit, tiers, hintOf, errorAt, onChange }: TiersProps) {
  const put = (at: number, more: Partial<TierDraft>): void =>
    onChange(tiers.map((one, k) => (k === at ? { ...one, ...more } : one)));
  const words = { upTo: `up to, ${unit}s`, price: `price a ${unit}`, fee: 'fee once it is begun' } as const;
  const placeholders = { upTo: 'everything above', price: '', fee: 'none' } as const;
  return (
    <>
      {tiers.map((tier, k) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have no names but their places
        <div key={k} className={css.fields}>
          {TIER_FIELDS.map((key) => (
            <Field
              key={key}
              label={`Step ${k + 1}: ${words[key]}`}
              inputMode="decimal"
              autoComplete="off"
              placeholder={placeholders[key]}
              value={tier[key]}
              hint={key === 'price' ? hintOf(tier[key]) : undefined}
              error={errorAt(`tiers[${k}].${key}`)}
              onChange={({ target }) => put(k, { [key]: target.value })}
            />
          ))}
          {tiers.length > 1 && (
            <Button
              look="quiet"
              aria-label={`Remove step ${k + 1}`}
              onClick={() => onChange(tiers.filter((_, at) => at !== k))}
            >
              Remove
            </Button>
          )}
        </div>
      ))}
      <div className={css.acts}>
        <Button onClick={() => onChange([...tiers, NO_TIER])}>Add step</Button>
      </div>
    </>
  );
}
