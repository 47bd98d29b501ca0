import type { Product } from '@tenantree/contract';
import type { RowId } from '@tenantree/domain';
import type { VariableType } from '@tenantree/domain/products';
import { schemaOf, titleOf } from '@tenantree/widget/products';
import type { ReactNode } from 'react';
import css from '../parts/cards.module.css';
import { Select } from '../parts/cards.tsx';
import { Field } from '../parts/parts.tsx';
import type { Found, VariableDraft } from './draft.ts';
import { useKinds } from './use-blueprints.ts';

type Props = {
  readonly variables: readonly VariableDraft[];
  readonly found: Found;
  /** The products that are chosen, as they are now. */
  readonly documents: readonly Product[];
  readonly onChange: (variables: readonly VariableDraft[]) => void;
};

const TYPES: Readonly<Record<VariableType, string>> = {
  text: 'Text',
  number: 'A number',
  email: 'An e-mail address',
  url: 'A web address',
};
const KEYS = Object.keys(TYPES) as readonly VariableType[];

const keyOfSecret = ({ place }: { readonly place: string }, taken: readonly string[]): string => {
  const last = place.split('/').at(-1)?.replaceAll(/\W/g, '') ?? '';
  const key = /^[A-Za-z]/.test(last) ? last : `secret${last}`;
  for (let n = 1; ; n += 1) {
    const one = n === 1 ? key : `${key}${n}`;
    if (!taken.includes(one)) return one;
  }
};

/** What whoever applies the blueprint is asked for: what texts of its products name in braces, and their secrets. */
export function VariableFields({ variables, found, documents, onChange }: Props) {
  const kinds = useKinds();
  const nameOf = (product: RowId): string => documents.find(({ id }) => id === product)?.name ?? '';
  const placeWords = ({ product, place }: Found['secrets'][number]): string => {
    const kind = kinds.find((one) => one.kind === documents.find(({ id }) => id === product)?.kind);
    return (kind && titleOf(schemaOf(kind), place)) || place;
  };
  const texts = [...new Set([...found.texts.keys(), ...variables.flatMap((one) => (one.secret ? [] : [one.key]))])];
  const put = (key: string, more: Partial<VariableDraft>): void =>
    onChange(variables.map((one) => (one.key === key ? { ...one, ...more } : one)));
  const drop = (key: string): void => onChange(variables.filter((one) => one.key !== key));
  return (
    <>
      <p className={css.quiet}>
        Write {'{{company}}'} in a text of a product, and whoever applies the blueprint is asked for it. Braces that are
        not chosen here stay as they are.
      </p>
      {texts.map((key) => {
        const chosen = variables.find((one) => one.key === key && !one.secret);
        const names = [...new Set((found.texts.get(key) ?? []).map(({ product }) => nameOf(product)))].join(', ');
        return (
          <Asked
            key={key}
            chosen={chosen ?? null}
            onTurn={() =>
              chosen
                ? drop(key)
                : onChange([...variables, { key, label: key, type: 'text', required: true, secret: false, at: [] }])
            }
            onChange={(more) => put(key, more)}
          >
            Ask for {`{{${key}}}`} <bdi className={css.quiet}>{names}</bdi>
          </Asked>
        );
      })}
      {found.secrets.map((at) => {
        const isHere = (one: VariableDraft): boolean =>
          one.secret && one.at.some(({ product, place }) => product === at.product && place === at.place);
        const chosen = variables.find(isHere);
        const add = (): void => {
          const key = keyOfSecret(at, [...texts, ...variables.map((one) => one.key)]);
          const label = `${nameOf(at.product)}: ${placeWords(at)}`;
          onChange([...variables, { key, label, type: 'text', required: true, secret: true, at: [at] }]);
        };
        return (
          <Asked
            key={`${at.product}${at.place}`}
            chosen={chosen ?? null}
            onTurn={() => (chosen ? drop(chosen.key) : add())}
            onChange={(more) => chosen && put(chosen.key, more)}
          >
            Ask for the secret of <bdi>{nameOf(at.product)}</bdi> <bdi className={css.quiet}>{placeWords(at)}</bdi>
          </Asked>
        );
      })}
    </>
  );
}

type AskedProps = {
  /** Null: it isn't asked for. */
  readonly chosen: VariableDraft | null;
  readonly onTurn: () => void;
  readonly onChange: (more: Partial<VariableDraft>) => void;
  readonly children: ReactNode;
};

/** Something that can be asked for, and how it is. */
const Asked = ({ chosen, onTurn, onChange, children }: AskedProps) => (
  <div>
    <label className={css.check}>
      <input type="checkbox" checked={chosen !== null} onChange={onTurn} />
      <span>{children}</span>
    </label>
    {chosen && <Fields variable={chosen} onChange={onChange} />}
  </div>
);

type FieldsProps = { readonly variable: VariableDraft; readonly onChange: (more: Partial<VariableDraft>) => void };

const Fields = ({ variable: { key, label, type, required, secret }, onChange }: FieldsProps) => (
  <div className={css.fields}>
    <Field
      label={`Asks for ${key} as`}
      required
      maxLength={200}
      value={label}
      onChange={({ target }) => onChange({ label: target.value })}
    />
    {!secret && (
      <Select
        label={`${key} is`}
        value={type}
        onChange={({ target }) => onChange({ type: KEYS.find((one) => one === target.value) ?? type })}
      >
        {KEYS.map((one) => (
          <option key={one} value={one}>
            {TYPES[one]}
          </option>
        ))}
      </Select>
    )}
    <label className={css.check}>
      <input type="checkbox" checked={required} onChange={({ target }) => onChange({ required: target.checked })} />
      {`${key} is required`}
    </label>
  </div>
);
