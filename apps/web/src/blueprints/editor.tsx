import { useQueries, useQuery } from '@tanstack/react-query';
import { type CallRefusal, refusalOf } from '@tenantree/client';
import type { ShownBlueprint } from '@tenantree/contract';
import { PERMISSION_CATEGORIES, PERMISSIONS } from '@tenantree/domain';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import css from '../parts/cards.module.css';
import { Card, Select, useAct } from '../parts/cards.tsx';
import { Alert, Button, errorOf, Field } from '../parts/parts.tsx';
import { noteWritten } from '../parts/unsaved.ts';
import { queries, tenantree } from '../server.ts';
import {
  type BlueprintDraft,
  contentOf,
  draftOf,
  findVariables,
  type LimitDraft,
  placed,
  withProducts,
} from './draft.ts';
import { ProductFields } from './product-fields.tsx';
import { VariableFields } from './variable-fields.tsx';
import { LEVELS } from './words.ts';

const { blueprints, books, presets, products } = tenantree.trpc;

type Shown = ShownBlueprint | null;

/** Writes a version of a blueprint, once it is known which presets and price books there are. */
export function Editor({ account, shown }: { readonly account: string; readonly shown: Shown }) {
  const offered = useQuery({ queryKey: ['presets', account], queryFn: () => presets.list.query({ account }) });
  // Who has nothing to do with billing is offered no price books.
  const sold = useQuery({ queryKey: ['books', account], queryFn: () => books.list.query({ account }), retry: false });
  if (offered.isPending || sold.isPending) return <Card title="What it sets up">{null}</Card>;
  return <Form account={account} shown={shown} presets={offered.data?.presets ?? []} books={sold.data?.rows ?? []} />;
}

type Named = { readonly id: BlueprintId; readonly name: string; readonly version: number };
type BlueprintId = ShownBlueprint['id'];
type FormProps = {
  readonly account: string;
  readonly shown: Shown;
  readonly presets: readonly Named[];
  readonly books: readonly Named[];
};

/** The documents of the products that are chosen, as they are now. */
const useDocuments = (account: string, chosen: BlueprintDraft['products']) =>
  useQueries({
    queries: chosen.map(({ kind, product }) => ({
      queryKey: ['product', account, kind, product],
      queryFn: () => products.get.query({ account, kind, product }),
    })),
    combine: (all) => all.flatMap(({ data }) => (data ? [data.product] : [])),
  });

/** What is written of a version, and how it is saved. */
function useDraft({ account, shown, presets: offered }: Omit<FormProps, 'books'>) {
  const [, navigate] = useLocation();
  const [draft, setDraft] = useState<BlueprintDraft>(() => draftOf(shown, offered));
  const [newest, setNewest] = useState(shown?.newest);
  const { refusal, busy, act } = useAct();
  const change = (more: Partial<BlueprintDraft>): void => {
    noteWritten('something');
    setDraft({ ...draft, ...more });
  };
  const documents = useDocuments(account, draft.products);
  const found = findVariables(documents);
  const read = new Set(documents.map(({ id }) => id));
  const save = (event: FormEvent): void => {
    event.preventDefault();
    void act(async () => {
      const of = shown && newest !== undefined ? { blueprint: shown.id, expectedVersion: newest } : {};
      const content = contentOf({ ...draft, variables: placed(draft.variables, found, read) });
      const { id } = await blueprints.save.mutate({ account, ...content, ...of }).catch(async (error: unknown) => {
        // What is written stays, and is saved over what there is now by whoever saves again.
        if (shown && refusalOf(error).code === 'VERSION_CONFLICT')
          setNewest((await blueprints.get.query({ account, blueprint: shown.id })).blueprint.newest);
        throw error;
      });
      noteWritten('nothing');
      await queries.invalidateQueries();
      navigate(shown ? `/a/${account}/blueprints` : `/a/${account}/blueprints/${id}`);
    });
  };
  return { draft, change, documents, found, newest, refusal, busy, save };
}

function Form({ books: sold, ...given }: FormProps) {
  const { account, shown, presets: offered } = given;
  const { draft, change, documents, found, newest, refusal, busy, save } = useDraft(given);
  return (
    <Card title={shown ? `What version ${shown.version} sets up` : 'What it sets up'}>
      <form className={css.in} onSubmit={save}>
        {draft.name !== null && (
          <Field
            label="Name"
            required
            maxLength={120}
            value={draft.name}
            error={errorOf(refusal, 'name')}
            onChange={({ target }) => change({ name: target.value })}
          />
        )}
        <Caps draft={draft} presets={offered} refusal={refusal} onChange={change} />
        <Limits limits={draft.limits} refusal={refusal} onChange={(limits) => change({ limits })} />
        {(sold.length > 0 || draft.book !== '') && (
          <Book draft={draft} books={sold} saved={shown?.priceBook ?? null} refusal={refusal} onChange={change} />
        )}
        <Part title="Products" field="products" refusal={refusal}>
          <ProductFields
            account={account}
            chosen={draft.products}
            onChange={(chosen) => change(withProducts(draft, chosen))}
          />
        </Part>
        <Part title="Variables" field="variables" refusal={refusal}>
          <VariableFields
            variables={draft.variables}
            found={found}
            documents={documents}
            onChange={(variables) => change({ variables })}
          />
        </Part>
        <Alert refusal={isOfAPart(refusal) ? null : refusal} />
        {refusal?.code === 'VERSION_CONFLICT' && (
          <p>
            <a href={window.location.href} target="_blank" rel="noreferrer">
              Version {newest}, in a tab of its own
            </a>
          </p>
        )}
        <div className={css.acts}>
          <Button type="submit" look="primary" disabled={busy}>
            {busy ? 'Saving…' : newest === undefined ? 'Save blueprint' : `Save version ${newest + 1}`}
          </Button>
        </div>
      </form>
    </Card>
  );
}

const PARTS = ['caps', 'limits', 'priceBook', 'products', 'variables'] as const;
const isIn = (refusal: CallRefusal | null, field: string): boolean => refusal?.field?.split('.')[0] === field;
const isOfAPart = (refusal: CallRefusal | null): boolean => ['name', ...PARTS].some((one) => isIn(refusal, one));

type PartProps = {
  readonly title: string;
  readonly field: (typeof PARTS)[number];
  readonly refusal: CallRefusal | null;
  /** Fields in it that say themselves what is refused. */
  readonly fields?: readonly string[];
  readonly children: ReactNode;
};

/** A part of a version, with what the server says of it. */
const Part = ({ title, field, refusal, fields = [], children }: PartProps) => (
  <fieldset className={css.in}>
    <legend>{title}</legend>
    {isIn(refusal, field) && (
      <>
        <Alert refusal={refusal} fields={fields} />
        {(refusal?.faults?.length ?? 0) > 1 && (
          <ul>
            {refusal?.faults?.map(({ at, message }) => (
              <li key={at}>{message}</li>
            ))}
          </ul>
        )}
      </>
    )}
    {children}
  </fieldset>
);

type CapsProps = {
  readonly draft: BlueprintDraft;
  readonly presets: readonly Named[];
  readonly refusal: CallRefusal | null;
  readonly onChange: (more: Partial<BlueprintDraft>) => void;
};

const capsOf = (value: string): BlueprintDraft['caps'] => (value === 'preset' || value === 'levels' ? value : 'none');

const Caps = ({ draft: { caps, preset, levels }, presets: offered, refusal, onChange }: CapsProps) => (
  <Part title="Permissions" field="caps" refusal={refusal}>
    <div className={css.fields}>
      <Select
        label="What accounts may do"
        value={caps}
        onChange={({ target }) =>
          onChange({ caps: capsOf(target.value), preset: preset === '' ? (offered[0]?.id ?? '') : preset })
        }
      >
        <option value="none">It says nothing of it</option>
        {offered.length > 0 && <option value="preset">A preset</option>}
        <option value="levels">Levels of its own</option>
      </Select>
      {caps === 'preset' && (
        <Select label="Preset" value={preset} onChange={({ target }) => onChange({ preset: target.value })}>
          {offered.map(({ id, name, version }) => (
            <option key={id} value={id}>
              {name} v{version}
            </option>
          ))}
        </Select>
      )}
    </div>
    {caps === 'levels' &&
      PERMISSION_CATEGORIES.map((category) => (
        <fieldset key={category} className={css.in}>
          <legend>{category}</legend>
          <div className={css.fields}>
            {PERMISSIONS.filter((row) => row.category === category).map(({ key, label, levels: choices }) => (
              <Select
                key={key}
                label={label}
                value={levels[key] ?? ''}
                onChange={({ target }) => {
                  const { [key]: _, ...rest } = levels;
                  const level = choices.find((one) => one === target.value);
                  onChange({ levels: level === undefined ? rest : { ...rest, [key]: level } });
                }}
              >
                <option value="">–</option>
                {choices.map((level) => (
                  <option key={level} value={level}>
                    {LEVELS[level]}
                  </option>
                ))}
              </Select>
            ))}
          </div>
        </fieldset>
      ))}
  </Part>
);

type LimitsProps = {
  readonly limits: readonly LimitDraft[];
  readonly refusal: CallRefusal | null;
  readonly onChange: (limits: readonly LimitDraft[]) => void;
};

function Limits({ limits, refusal, onChange }: LimitsProps) {
  const put = (kind: string, more: Partial<LimitDraft>): void =>
    onChange(limits.map((one) => (one.kind === kind ? { ...one, ...more } : one)));
  const fields = limits.flatMap(({ kind }) => ['max', 'reserve', 'thresholds'].map((one) => `limits.${kind}.${one}`));
  return (
    <Part title="Limits" field="limits" refusal={refusal} fields={fields}>
      {limits.map(({ kind, label, isSet, max, reserve, atLimit, thresholds }) => (
        <div key={kind}>
          <label className={css.check}>
            <input type="checkbox" checked={isSet} onChange={({ target }) => put(kind, { isSet: target.checked })} />
            {label}
          </label>
          {isSet && (
            <div className={css.fields}>
              <Field
                label={`${label}: at most`}
                inputMode="numeric"
                pattern="\d*"
                placeholder="unlimited"
                value={max}
                error={errorOf(refusal, `limits.${kind}.max`)}
                onChange={({ target }) => put(kind, { max: target.value })}
              />
              <Field
                label={`${label}: kept for it`}
                inputMode="numeric"
                pattern="\d*"
                placeholder="as it is"
                value={reserve}
                error={errorOf(refusal, `limits.${kind}.reserve`)}
                onChange={({ target }) => put(kind, { reserve: target.value })}
              />
              <Select
                label={`${label}: then`}
                value={atLimit}
                onChange={({ target }) => put(kind, { atLimit: target.value === 'notify' ? 'notify' : 'block' })}
              >
                <option value="block">Nothing more</option>
                <option value="notify">Only say so</option>
              </Select>
              {max.trim() !== '' && (
                <Field
                  label={`${label}: say so at (%)`}
                  pattern="[\d\s,;%]*"
                  title="Percents of the maximum, such as 80, 95, 100"
                  placeholder="never"
                  value={thresholds}
                  error={errorOf(refusal, `limits.${kind}.thresholds`)}
                  onChange={({ target }) => put(kind, { thresholds: target.value })}
                />
              )}
            </div>
          )}
        </div>
      ))}
    </Part>
  );
}

type BookProps = {
  readonly draft: BlueprintDraft;
  readonly books: readonly Named[];
  readonly saved: ShownBlueprint['priceBook'];
  readonly refusal: CallRefusal | null;
  readonly onChange: (more: Partial<BlueprintDraft>) => void;
};

function Book({ draft: { book, from }, books: sold, saved, refusal, onChange }: BookProps) {
  const isGone = saved !== null && !sold.some(({ id }) => id === saved.book);
  return (
    <Part title="Price book" field="priceBook" refusal={refusal}>
      <div className={css.fields}>
        <Select label="What they pay you" value={book} onChange={({ target }) => onChange({ book: target.value })}>
          <option value="">It says nothing of it</option>
          {sold.map(({ id, name, version }) => (
            <option key={id} value={id}>
              {name} v{version}
            </option>
          ))}
          {isGone && (
            <option value={saved.book}>
              {saved.name} v{saved.version}
            </option>
          )}
        </Select>
        {book !== '' && (
          <Select
            label="Of new accounts, from"
            value={from}
            onChange={({ target }) => onChange({ from: target.value === 'now' ? 'now' : 'nextPeriod' })}
          >
            <option value="nextPeriod">The next billing period</option>
            <option value="now">The day they are made</option>
          </Select>
        )}
      </div>
    </Part>
  );
}
