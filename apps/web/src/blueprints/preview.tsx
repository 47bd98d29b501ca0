import type { BlueprintPlan, BlueprintTarget } from '@tenantree/contract';
import { type JsonValue, LIMIT_KINDS, PERMISSIONS, type RowId } from '@tenantree/domain';
import type { ClashAnswer } from '@tenantree/domain/products';
import css from '../parts/cards.module.css';
import { Select, Table } from '../parts/cards.tsx';
import { PlannedProducts } from './planned-products.tsx';
import { ANSWERS, LEVELS, limitWords, SECTIONS } from './words.ts';

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
              <RowsOf of={target.limits} labelOf={limitLabel} says={limitsWords} />
            </td>
            <td>
              <BookOf of={target.priceBook} />
            </td>
            <td className={css.roomy}>
              <PlannedProducts of={target.products} />
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
const levelOf = (value: JsonValue): string => Object.entries(LEVELS).find(([key]) => key === value)?.[1] ?? 'Undecided';
const levelWords = (before: JsonValue, after: JsonValue) => [levelOf(before), levelOf(after)] as const;
/** Of limits the maximum is enough, unless it is the same. */
function limitsWords(before: JsonValue, after: JsonValue): readonly [string, string] {
  const most = [limitWords(before, 'maximum'), limitWords(after, 'maximum')] as const;
  return most[0] === most[1] ? [limitWords(before, 'all'), limitWords(after, 'all')] : most;
}
type RowsProps = {
  readonly of: BlueprintTarget['caps'];
  readonly labelOf: (key: string) => string;
  /** Both sides of a row, as far as they differ. */
  readonly says: (before: JsonValue, after: JsonValue) => readonly [string, string];
};

function RowsOf({ of, labelOf, says }: RowsProps) {
  if (!of) return <span className={css.quiet}>–</span>;
  if (of.changes.length === 0 && of.kept.length === 0) return <span className={css.quiet}>stays as it is</span>;
  return (
    <>
      {of.changes.map(({ key, before, after }) => (
        <div key={key}>
          {labelOf(key)}: {says(before, after).join(' → ')}
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
