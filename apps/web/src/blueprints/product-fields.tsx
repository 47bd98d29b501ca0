import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ShownKind } from '@tenantree/contract';
import { useState } from 'react';
import css from '../parts/cards.module.css';
import { Select, Table } from '../parts/cards.tsx';
import { Button, Empty, Field } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import type { ProductDraft } from './draft.ts';
import { useKinds } from './use-blueprints.ts';
import { ANSWERS, partsOf } from './words.ts';

const { products } = tenantree.trpc;
const MATCHES = 20;

type Props = {
  readonly account: string;
  readonly chosen: readonly ProductDraft[];
  readonly onChange: (chosen: readonly ProductDraft[]) => void;
};

/** Chooses products of the account: as they are when the version is saved. */
export function ProductFields({ account, chosen, onChange }: Props) {
  const kinds = useKinds();
  const copied = kinds.filter(({ fromParent }) => fromParent === 'copy');
  return (
    <>
      {chosen.length > 0 && <Chosen kinds={kinds} chosen={chosen} onChange={onChange} />}
      {copied.length > 0 && <Finder account={account} kinds={copied} chosen={chosen} onChange={onChange} />}
      <p className={css.quiet}>
        They are kept as they are when the version is saved, with all that they need. Values of secrets never come
        along.
      </p>
    </>
  );
}

type Kinds = { readonly kinds: readonly ShownKind[] };

function Chosen({ kinds, chosen, onChange }: Omit<Props, 'account'> & Kinds) {
  const put = (one: ProductDraft, more: Partial<ProductDraft>): void =>
    onChange(chosen.map((it) => (it.product === one.product ? { ...it, ...more } : it)));
  const kindOf = (kind: string): ShownKind | undefined => kinds.find((one) => one.kind === kind);
  return (
    <Table label="Products that are chosen" columns={['Product', 'Kind', 'Where the name is taken', null]}>
      <tbody>
        {chosen.map((one) => (
          <tr key={one.product}>
            <th scope="row">
              <bdi>{one.name}</bdi> <span className={css.quiet}>v{one.version}</span>
            </th>
            <td>
              {kindOf(one.kind)?.label ?? one.kind}
              <Parts
                all={partsOf(kindOf(one.kind))}
                chosen={one}
                onChange={(parts) => onChange(chosen.map((it) => (it.product === one.product ? { ...it, parts } : it)))}
              />
            </td>
            <td>
              <Answer chosen={one} onChange={(answer) => put(one, { answer })} />
            </td>
            <td>
              <Button
                look="quiet"
                aria-label={`Leave out ${one.name}`}
                onClick={() => onChange(chosen.filter(({ product }) => product !== one.product))}
              >
                Leave out
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

type AnswerProps = { readonly chosen: ProductDraft; readonly onChange: (answer: ProductDraft['answer']) => void };

/** What becomes of what another product of an account is called, too. */
const Answer = ({ chosen: { name, answer }, onChange }: AnswerProps) => (
  <Select
    label={`Where “${name}” is taken`}
    value={answer}
    onChange={({ target }) =>
      onChange((Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]).find((key) => key === target.value) ?? '')
    }
  >
    <option value="">Ask each time</option>
    {Object.entries(ANSWERS).map(([key, words]) => (
      <option key={key} value={key}>
        {words}
      </option>
    ))}
  </Select>
);

type PartsProps = {
  readonly all: ReturnType<typeof partsOf>;
  readonly chosen: ProductDraft;
  /** Null: all of them. */
  readonly onChange: (parts: readonly string[] | null) => void;
};

/** Which parts of a product come along: one at the least. */
function Parts({ all, chosen: { name, parts }, onChange }: PartsProps) {
  if (all.length === 0) return null;
  const has = (key: string): boolean => parts?.includes(key) ?? true;
  const turn = (key: string): void => {
    const next = all.flatMap((one) => (has(one.key) === (one.key !== key) ? [one.key] : []));
    onChange(next.length === all.length ? null : next);
  };
  return (
    <details>
      <summary>{parts === null ? 'All parts' : `${parts.length} of ${all.length} parts`}</summary>
      {all.map(({ key, title }) => (
        <label key={key} className={css.check}>
          <input
            type="checkbox"
            aria-label={`${name}: ${title}`}
            checked={has(key)}
            disabled={parts?.length === 1 && has(key)}
            onChange={() => turn(key)}
          />
          {title}
        </label>
      ))}
    </details>
  );
}

function Finder({ account, kinds, chosen, onChange }: Props & Kinds) {
  const [kind, setKind] = useState<ShownKind['kind']>(kinds[0]?.kind ?? 'agent');
  const [text, setText] = useState('');
  const search = text.trim();
  const query = useQuery({
    queryKey: ['products', account, kind, search],
    queryFn: () => products.list.query({ account, kind, limit: MATCHES, ...(search !== '' && { search }) }),
    placeholderData: keepPreviousData,
  });
  const rows = (query.data?.rows ?? []).filter(({ id }) => !chosen.some(({ product }) => product === id));
  return (
    <>
      <div className={css.fields}>
        <Select
          label="Kind"
          value={kind}
          onChange={({ target }) => setKind(kinds.find((one) => one.kind === target.value)?.kind ?? kind)}
        >
          {kinds.map((one) => (
            <option key={one.kind} value={one.kind}>
              {one.plural}
            </option>
          ))}
        </Select>
        <Field
          label="Search"
          placeholder="Name"
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        />
      </div>
      {query.data && rows.length === 0 && <Empty>Nothing more of this kind.</Empty>}
      <div className={css.acts}>
        {rows.map(({ id, name, version }) => (
          <Button
            key={id}
            aria-label={`Add ${name} v${version}`}
            onClick={() => onChange([...chosen, { product: id, kind, name, version, parts: null, answer: '' }])}
          >
            + <bdi>{name}</bdi> v{version}
          </Button>
        ))}
      </div>
    </>
  );
}
