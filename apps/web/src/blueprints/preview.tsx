import type { BlueprintPlan, BlueprintTarget } from '@tenantree/contract';
import { isRecord, type JsonValue, LIMIT_KINDS, PERMISSIONS, type RowId } from '@tenantree/domain';
import type { ClashAnswer } from '@tenantree/domain/products';
import css from '../parts/cards.module.css';
import { Select, Table } from '../parts/cards.tsx';
import { texts } from '../texts.ts';
import { ANSWERS, LEVELS, SECTIONS } from './words.ts';

type Answers = ReadonlyMap<RowId, ClashAnswer>;
type Props = {
  readonly plan: BlueprintPlan;
  readonly answers: Answers;
  readonly onAnswer: (product: RowId, as: ClashAnswer) => void;
};
type Item = NonNullable<BlueprintTarget['products']>['items'][number];

/** What a plan does to each account, section by section. */
export const Preview = ({ plan, answers, onAnswer }: Props) => (
  <>
    <Questions plan={plan} answers={answers} onAnswer={onAnswer} />
    <Table label="Preview" columns={['Account', ...Object.values(SECTIONS)]}>
      <tbody>
        {plan.targets.map((target) => (
          <tr key={target.account.id}>
            <th scope="row">
              <bdi>{target.account.name}</bdi>
              {target.refusal && <div className={css.loss}>{target.refusal.message}</div>}
            </th>
            <td>
              <RowsOf of={target.caps} labelOf={permissionLabel} says={levelWords} />
            </td>
            <td>
              <RowsOf of={target.limits} labelOf={limitLabel} says={termsWords} />
            </td>
            <td>
              <BookOf of={target.priceBook} />
            </td>
            <td>
              <ProductsOf of={target.products} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  </>
);

/** Names that are taken in accounts, each asked about once for all of them. */
function Questions({ plan, answers, onAnswer }: Props) {
  const clashing = new Map<RowId, Item>();
  for (const { products } of plan.targets)
    for (const item of products?.items ?? [])
      if (item.act === 'clash' || answers.has(item.product)) clashing.set(item.product, item);
  if (clashing.size === 0) return null;
  return (
    <fieldset className={css.in}>
      <legend>Names that are taken</legend>
      <div className={css.fields}>
        {[...clashing.values()].map(({ product, name }) => (
          <Select
            key={product}
            label={`Where there is another “${name}”`}
            value={answers.get(product) ?? ''}
            onChange={({ target }) => {
              const as = (Object.keys(ANSWERS) as readonly ClashAnswer[]).find((one) => one === target.value);
              if (as) onAnswer(product, as);
            }}
          >
            <option value="">Choose …</option>
            {Object.entries(ANSWERS).map(([key, words]) => (
              <option key={key} value={key}>
                {words}
              </option>
            ))}
          </Select>
        ))}
      </div>
    </fieldset>
  );
}

const permissionLabel = (key: string): string => PERMISSIONS.find((row) => row.key === key)?.label ?? key;
const limitLabel = (key: string): string => LIMIT_KINDS.find((row) => row.key === key)?.label ?? key;
const levelWords = (value: JsonValue): string =>
  Object.entries(LEVELS).find(([key]) => key === value)?.[1] ?? 'Undecided';
const termsWords = (value: JsonValue): string => {
  const max = isRecord(value) ? value['max'] : value;
  return typeof max === 'number' ? texts.numbers.whole(max) : 'Unlimited';
};

type RowsProps = {
  readonly of: BlueprintTarget['caps'];
  readonly labelOf: (key: string) => string;
  readonly says: (value: JsonValue) => string;
};

function RowsOf({ of, labelOf, says }: RowsProps) {
  if (!of) return <span className={css.quiet}>–</span>;
  if (of.changes.length === 0 && of.kept.length === 0) return <span className={css.quiet}>stays as it is</span>;
  return (
    <>
      {of.changes.map(({ key, before, after }) => (
        <div key={key}>
          {labelOf(key)}: {says(before)} → {says(after)}
        </div>
      ))}
      {of.kept.map((key) => (
        <div key={key} className={css.quiet}>
          {labelOf(key)} stays
        </div>
      ))}
    </>
  );
}

function BookOf({ of }: { readonly of: BlueprintTarget['priceBook'] }) {
  if (!of) return <span className={css.quiet}>–</span>;
  if (of.leftOut) return <>left out: another account sells to it</>;
  if (of.kept) return <span className={css.quiet}>stays, changed there</span>;
  if (of.before?.id === of.after?.id && of.before?.version === of.after?.version)
    return <span className={css.quiet}>stays as it is</span>;
  return <>v{of.after?.version}, from the next period</>;
}

const ACTS: Readonly<Record<Item['act'], string>> = {
  new: 'new',
  update: 'is updated',
  use_existing: 'is used as it is there',
  replace: 'is replaced',
  merge: 'is merged',
  move: 'moves',
  clash: 'its name is taken',
};

function ProductsOf({ of }: { readonly of: BlueprintTarget['products'] }) {
  if (!of) return <span className={css.quiet}>–</span>;
  if (of.items.length + of.blocked.length === 0) return <span className={css.quiet}>stays as it is</span>;
  return (
    <>
      {of.items.map(({ product, name, act, fits, fault, needsValue }) => (
        <div key={product}>
          <bdi>{name}</bdi> <span className={act === 'clash' ? css.loss : css.quiet}>{ACTS[act]}</span>
          {!fits && <div className={css.loss}>no room left by its limits</div>}
          {fault && <div className={css.loss}>{fault.message}</div>}
          {needsValue.length > 0 && <div className={css.quiet}>needs a secret afterwards</div>}
        </div>
      ))}
      {of.blocked.map(({ product, name }) => (
        <div key={product} className={css.loss}>
          <bdi>{name ?? 'A product that is gone'}</bdi> can’t be set up
        </div>
      ))}
    </>
  );
}
